import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StartPlayRequest } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, machine, play } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const BACKENDS = ["container", "microvm"];

/** A LAN that leads out, a private network behind it, and a LAN whose gateway is a machine. */
function networksPlay(backend: string): StartPlayRequest {
  const one = (name: string, interfaces: [string, string][]) =>
    machine(name, "", {
      backend,
      interfaces: interfaces.map(([network, address]) => ({ network, address, mac: "" })),
    });
  return StartPlayRequest.fromPartial({
    play: `networks-${backend}`,
    keepAttended: true,
    networks: [
      { name: "back", subnet: "10.9.0.0/24", gateway: "10.9.0.1", private: true },
      { name: "lan", subnet: "172.16.0.0/24", gateway: "172.16.0.1" },
      { name: "office", subnet: "192.168.7.0/28", gateway: "192.168.7.14" },
    ],
    machines: [
      one("web", [
        ["back", "10.9.0.2/24"],
        ["lan", "172.16.0.2/24"],
      ]),
      one("db", [["back", "10.9.0.3/24"]]),
      one("door", [
        ["office", "192.168.7.14/28"],
        ["lan", "172.16.0.3/24"],
      ]),
      one("desk", [["office", "192.168.7.2/28"]]),
    ],
  });
}

const GIB = 2 ** 30;
/** Two microVMs: one with all kinds of drives around its root drive, one with another kernel. */
const drivesPlay = play("drives", [
  machine("store", "172.16.0.2/24", {
    backend: "microvm",
    rootPosition: 1,
    drives: [
      { mount: "", sizeBytes: 2 * GIB, filesystem: "", readOnly: false, source: "" },
      { mount: "/data", sizeBytes: 3 * GIB, filesystem: "xfs", readOnly: false, source: "" },
      { mount: "/srv/old", sizeBytes: GIB, filesystem: "ext2", readOnly: true, source: "" },
      { mount: "", sizeBytes: GIB, filesystem: "btrfs", readOnly: false, source: "" },
      { mount: "/var/plain", sizeBytes: GIB, filesystem: "ext4", readOnly: false, source: "" },
      {
        mount: "/mnt/rescue",
        sizeBytes: 3 * GIB,
        filesystem: "ext4",
        readOnly: false,
        source: "debian-13",
      },
    ],
    startupFiles: [
      {
        path: "/data/first.txt",
        content: Buffer.from("on the drive\n"),
        owner: "laborant",
        mode: 0o600,
        append: false,
        extract: false,
        source: "",
      },
    ],
  }),
  // What content of the origin names.
  machine("newer", "172.16.0.3/24", { backend: "firecracker", kernel: "6.12" }),
  // As many as there may be.
  ...["6.1", "6.12"].map((kernel, index) =>
    machine(`many-${index}`, `172.16.0.${4 + index}/24`, {
      backend: "cloud-hypervisor",
      kernel,
      drives: Array.from({ length: 23 }, (_, drive) => ({
        mount: drive === 22 ? "/last" : "",
        sizeBytes: (drive + 1) * GIB,
        filesystem: drive === 22 ? "ext3" : "",
        readOnly: drive === 1,
        source: "",
      })),
    }),
  ),
]);

/** Machines of both backends on one network, of the other images. */
const imagesPlay = play("images", [
  machine("contained", "172.16.0.2/24", { backend: "container" }),
  machine("virtual", "172.16.0.3/24", { backend: "microvm", image: "debian-13" }),
  machine("docker", "172.16.0.4/24", {
    backend: "microvm",
    image: "docker",
    cpuCount: 2,
    memoryBytes: GIB,
    diskBytes: 4 * GIB,
  }),
]);

beforeAll(async () => {
  await rig.setUp();
  for (const backend of BACKENDS) await rig.call("startPlay", networksPlay(backend));
  await rig.call("startPlay", drivesPlay);
  await rig.call("startPlay", imagesPlay);
  await rig.running([...BACKENDS.map((backend) => `networks-${backend}`), "drives", "images"], 600);
}, 620_000);

afterAll(() => rig.tearDown());

describe.each(BACKENDS)("on %s", (backend) => {
  const inside = async (name: string, script: string) => {
    const { code, stdout, stderr } = await rig.exec(`networks-${backend}`, name, script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.trim();
  };
  /** Which of these answer a ping from a machine. */
  const answering = async (name: string, addresses: string[]) => {
    const one = "ping -c1 -W3 $a >/dev/null 2>&1 && echo $a";
    const told = await inside(name, `for a in ${addresses.join(" ")}; do (${one}) & done; wait`);
    return told.split("\n").filter(Boolean).sort();
  };

  test("interfaces have their addresses in the order of the list", async () => {
    expect(
      await inside("web", "for i in 0 1; do ip -4 -o addr show eth$i | awk '{print $2, $4}'; done"),
    ).toBe("eth0 10.9.0.2/24\neth1 172.16.0.2/24");
    expect(await inside("desk", "ip -4 -o addr show eth0 | awk '{print $4}'")).toBe(
      "192.168.7.2/28",
    );
  });

  test("the default route leads through the first network that is not private", async () => {
    const route = "ip route show default | awk '{print $3, $5}'";
    expect(await inside("web", route)).toBe("172.16.0.1 eth1");
    expect(await inside("db", route)).toBe("");
    expect(await inside("desk", route)).toBe("192.168.7.14 eth0");
    // It is the gateway of the office itself.
    expect(await inside("door", route)).toBe("172.16.0.1 eth1");
  });

  test("machines find each other by name, and by name and network", async () => {
    expect(await answering("web", ["db", "db.back", "door", "door.lan", "172.16.0.1"])).toEqual([
      "172.16.0.1",
      "db",
      "db.back",
      "door",
      "door.lan",
    ]);
    expect(await answering("desk", ["door.office", "192.168.7.14"])).toEqual([
      "192.168.7.14",
      "door.office",
    ]);
  });

  test("networks are isolated from one another, also through a gateway", async () => {
    expect(await answering("desk", ["172.16.0.1", "172.16.0.2", "10.9.0.2"])).toEqual([]);
    expect(await answering("db", ["10.9.0.1", "172.16.0.1", "172.16.0.3"])).toEqual([]);
    // A gateway offers nothing but an echo.
    expect(
      await inside(
        "web",
        'for p in 22 53 80 111 2375; do timeout 1 bash -c "echo > /dev/tcp/172.16.0.1/$p" 2>/dev/null && echo $p; done; true',
      ),
    ).toBe("");
  });
});

describe("drives and kernels", () => {
  const inside = async (name: string, script: string) => {
    const { code, stdout, stderr } = await rig.exec("drives", name, script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.trim();
  };

  test("drives have their names, sizes and rights in the order of the list", async () => {
    expect(await inside("store", "lsblk -bdno NAME,SIZE,RO /dev/vd[a-g] | tr -s ' '")).toBe(
      [
        `vda ${2 * GIB} 0`,
        `vdb ${2 * GIB} 0`,
        `vdc ${3 * GIB} 0`,
        `vdd ${GIB} 1`,
        `vde ${GIB} 0`,
        `vdf ${GIB} 0`,
        `vdg ${3 * GIB} 0`,
      ].join("\n"),
    );
    expect(await inside("store", "findmnt -no SOURCE /")).toBe("/dev/vdb");
  });

  const filesystems = `for d in a b c d e f g; do echo "$d $(sudo blkid -p -s TYPE -o value /dev/vd$d) $(findmnt -no TARGET,OPTIONS /dev/vd$d | sed 's/ \\(r[ow]\\),.*/ \\1/' | tr -s ' ')"; done`;
  const expected = [
    "a  ",
    "b ext4 / rw",
    "c xfs /data rw",
    "d ext2 /srv/old ro",
    "e btrfs ",
    "f ext4 /var/plain rw",
    "g ext4 /mnt/rescue rw",
  ].join("\n");

  test("they have their filesystems and places, and startup files lie on them", async () => {
    expect(await inside("store", filesystems)).toBe(expected.trim());
    expect(
      await inside(
        "store",
        "sudo stat -c '%U %a' /data/first.txt; sudo cat /data/first.txt; df --output=target /data/first.txt | tail -1",
      ),
    ).toBe("laborant 600\non the drive\n/data");
    expect(await inside("store", "sudo touch /srv/old/x 2>/dev/null; echo $?")).toBe("1");
  });

  test("a drive with a source has an image's files, and room up to its size", async () => {
    expect(await inside("store", "cut -d. -f1 /mnt/rescue/etc/debian_version")).toBe("13");
    expect(
      Number(await inside("store", "df --output=size -B1 /mnt/rescue | tail -1")),
    ).toBeGreaterThan(2.5 * GIB);
    expect(
      await inside("store", "sudo blkid -s UUID -o value /dev/vdb /dev/vdg | sort -u | wc -l"),
    ).toBe("2");
  });

  test("a raw drive takes what is written to it, and a reboot mounts all again", async () => {
    await inside(
      "store",
      "echo mine | sudo dd of=/dev/vda bs=512 seek=4194000 conv=fsync,sync 2>/dev/null; sudo touch /data/second; sync",
    );
    await rig.exec("drives", "store", "sudo systemctl reboot");
    const runs = () => rig.machineStates("drives", "store").filter((one) => one === "RUNNING");
    await until("it runs again", () => runs().length === 2, 180);
    expect(await inside("store", filesystems)).toBe(expected.trim());
    expect(
      await inside(
        "store",
        "ls /data; sudo dd if=/dev/vda bs=512 skip=4194000 count=1 2>/dev/null | head -c 5",
      ),
    ).toBe("first.txt\nsecond\nmine");
  }, 200_000);

  test.each(["many-0", "many-1"])("%s has 24 drives, in their order", async (name) => {
    const letters = "abcdefghijklmnopqrstuvwx";
    expect(await inside(name, "lsblk -bdno NAME,SIZE,RO /dev/vd[a-x] | tr -s ' '")).toBe(
      [...letters]
        .map(
          (letter, index) =>
            `vd${letter} ${index === 0 ? 2 * GIB : index * GIB} ${index === 2 ? 1 : 0}`,
        )
        .join("\n"),
    );
    expect(await inside(name, "findmnt -no SOURCE /; findmnt -no SOURCE,FSTYPE /last")).toBe(
      "/dev/vda\n/dev/vdx ext3",
    );
    await inside(name, "sudo touch /last/file");
  });

  test("a machine has the kernel it asks for", async () => {
    expect(await inside("newer", "uname -r")).toMatch(/^6\.12\./);
    expect(await inside("store", "uname -r")).toMatch(/^6\.1\./);
  });

  test("a kernel that is not there, and a drive for a container, are refused in words", async () => {
    const refused = (rest: Parameters<typeof machine>[2]) =>
      rig.call("startPlay", play("refused", [machine("one", "172.16.0.2/24", rest)])).then(
        () => "taken",
        (error: Error) => error.message,
      );
    expect(await refused({ backend: "microvm", kernel: "5.10" })).toContain(
      "this host has no kernel 5.10; it has: 6.1, 6.12",
    );
    const drives = [
      { mount: "/data", sizeBytes: GIB, filesystem: "ext4", readOnly: false, source: "" },
    ];
    expect(await refused({ backend: "container", drives })).toContain("use the backend microvm");
  });
});

describe("images", () => {
  const inside = async (name: string, script: string) => {
    const { code, stdout } = await rig.exec("images", name, script);
    expect({ code, stdout }).toMatchObject({ code: 0 });
    return stdout.trim();
  };

  test("Debian 13 boots and is whole", async () => {
    expect(
      await inside("virtual", "systemctl is-system-running --wait; cat /etc/debian_version"),
    ).toMatch(/^running\n13\./);
  });

  test("a container and virtual machines of one play reach each other", async () => {
    expect(await inside("contained", "ping -c1 -W5 virtual; ping -c1 -W5 docker")).toContain("ttl");
    expect(await inside("virtual", "ping -c1 -W5 contained")).toContain("ttl");
  });

  test("Docker runs containers of the image that is there, and they reach each other", async () => {
    expect(await inside("docker", "docker run --rm busybox echo from inside")).toBe("from inside");
    expect(
      await inside(
        "docker",
        `docker network create lan >/dev/null
         docker run -d --name web --network lan busybox sh -c 'echo found > /tmp/index.html; exec httpd -f -p 80 -h /tmp' >/dev/null
         for try in 1 2 3 4 5; do docker run --rm --network lan busybox wget -qO- http://web/ && break; done`,
      ),
    ).toBe("found");
    expect(await inside("docker", "df --output=size -BG / | tail -1 | tr -d ' '")).toBe("4G");
  }, 120_000);
});
