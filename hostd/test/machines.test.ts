import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MachineSpec, StartupFile } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const BACKENDS = ["container", "microvm"];
const MIB = 2 ** 20;

function file(path: string, content: string | Buffer, rest: Partial<StartupFile> = {}) {
  return {
    path,
    content: Buffer.from(content as string),
    owner: "",
    mode: 0o644,
    append: false,
    extract: false,
    source: "",
    ...rest,
  };
}

async function archive(): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name: "site/", type: "directory", mode: 0o750 });
  pack.entry({ name: "site/index.html", mode: 0o640, uid: 1001, gid: 1001 }, "packed\n");
  pack.entry({ name: "site/link", type: "symlink", linkname: "index.html" });
  pack.finalize();
  const parts: Buffer[] = [];
  for await (const part of pack) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts));
}

/** A machine with everything that a manifest may say of a machine, besides drives, networks and kernels. */
async function full(backend: string): Promise<MachineSpec> {
  return machine("every-field", "172.16.0.2/24", {
    backend,
    cpuCount: 2,
    memoryBytes: 768 * MIB,
    diskBytes: 3 * 1024 * MIB,
    users: ["laborant", "alice"],
    defaultUser: "alice",
    welcome: "Hello Alice.",
    welcomes: { laborant: "-" },
    startupFiles: [
      file(
        "/etc/systemd/system/early.service",
        "[Unit]\nDescription=Early\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'cat /opt/deep/er/plain > /var/seen'\n[Install]\nWantedBy=multi-user.target\n",
      ),
      file("/opt/deep/er/plain", "plain\n"),
      file("/opt/iximiuz-labs/examiner/checks.d/own", "reads_own() { cat /opt/deep/er/plain; }\n"),
      file("/opt/own", "own\n", { owner: "alice:adm", mode: 0o2750 }),
      file("/opt/numbers", "numbers\n", { owner: "1234:5678", mode: 0o600 }),
      file("/etc/passwd", "extra:x:4000:4000::/:/bin/sh\n", {
        append: true,
        owner: "1:1",
        mode: 0o600,
      }),
      file("/opt/grown", "one\n", { owner: "laborant" }),
      file("/opt/grown", "two\n", { append: true }),
      file("/srv/www", await archive(), { extract: true }),
      file("/srv/owned", await archive(), { extract: true, owner: "alice" }),
    ],
  });
}

beforeAll(async () => {
  await rig.setUp();
  for (const backend of BACKENDS)
    await rig.call(
      "startPlay",
      play(
        `full-${backend}`,
        [await full(backend)],
        [
          // A unit that a startup file brought is started by hand: images enable nothing for it.
          task("init_early", "every-field", "systemctl start early", { kind: "init" }),
          task(
            "own_helper",
            "every-field",
            'test "$(reads_own)" = plain && test "$LAB_USER" = alice',
          ),
          task("as_laborant", "every-field", 'test "$(id -un)" = laborant', { user: "laborant" }),
        ],
      ),
    );
  await rig.running(
    BACKENDS.map((backend) => `full-${backend}`),
    400,
  );
}, 420_000);

afterAll(() => rig.tearDown());

describe.each(BACKENDS)("on %s", (backend) => {
  const id = `full-${backend}`;
  const inside = async (script: string) => {
    const { code, stdout, stderr } = await rig.exec(id, "every-field", script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.trim();
  };

  test("name: the machine's host name, in its files, and an address behind it", async () => {
    expect(
      await inside("hostname; cat /etc/hostname; getent hosts every-field every-field.local"),
    ).toBe(
      "every-field\nevery-field\n172.16.0.2      every-field\n172.16.0.2      every-field.local",
    );
  });

  test("users: the default one has the terminal, others are there with sudo, root always is", async () => {
    expect(
      await inside("id -un; pwd; sudo id -un; id -u laborant; getent passwd alice | cut -d: -f6,7"),
    ).toBe("alice\n/home/alice\nroot\n1001\n/home/alice:/bin/bash");
    const slot = (user: string) =>
      rig.call("openSlot", { play: id, machine: "every-field", user, exec: true, session: "" });
    await slot("root");
    await slot("laborant");
    await expect(slot("daemon")).rejects.toThrow("has no user daemon");
    await until("a task with a helper", () => rig.stateOf(id, "own_helper") === 40, 60);
    await until("a task of a user", () => rig.stateOf(id, "as_laborant") === 40, 60);
  });

  test("welcome: of the default user and of others; - is none", async () => {
    expect(await inside("cat ~/.welcome; sudo stat -c '%U %s' /home/laborant/.welcome")).toBe(
      "Hello Alice.\nlaborant 0",
    );
  });

  test("resources: processors, memory and disk are those of the manifest", async () => {
    const memory =
      backend === "microvm"
        ? "awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo"
        : "f=/sys/fs/cgroup/memory/memory.limit_in_bytes; [ -e $f ] || f=/sys/fs/cgroup/memory.max; echo $(($(cat $f) / 1048576))";
    const mebibytes = Number(await inside(memory));
    // A kernel of its own takes a part.
    expect(mebibytes).toBeLessThanOrEqual(768);
    expect(mebibytes).toBeGreaterThan(768 - 100);
    const cpus = backend === "microvm" ? "nproc" : "nproc | awk '{ print ($1 > 2) ? 2 : $1 }'";
    expect(await inside(cpus)).toBe("2");
    if (backend === "microvm")
      expect(await inside("df --output=size -BG / | tail -1 | tr -d ' '")).toBe("3G");
  });

  test("startupFiles: written before the first task, in all their forms", async () => {
    expect(await inside("cat /var/seen")).toBe("plain");
    const stat = "sudo stat -c '%n %U:%G %u:%g %a'";
    expect(
      await inside(`${stat} /opt/deep/er /opt/deep/er/plain /opt/own /opt/numbers /opt/grown`),
    ).toBe(
      [
        "/opt/deep/er root:root 0:0 755",
        "/opt/deep/er/plain root:root 0:0 644",
        `/opt/own alice:adm ${await inside("id -u alice")}:4 2750`,
        "/opt/numbers UNKNOWN:UNKNOWN 1234:5678 600",
        "/opt/grown laborant:laborant 1001:1001 644",
      ].join("\n"),
    );
    expect(await inside("cat /opt/grown")).toBe("one\ntwo");
    expect(
      await inside(
        "tail -1 /etc/passwd; getent passwd alice >/dev/null && stat -c '%u %a' /etc/passwd",
      ),
    ).toBe("extra:x:4000:4000::/:/bin/sh\n0 644");
    expect(
      await inside(
        `cd /srv; sudo cat www/site/link; ${stat} www/site www/site/index.html | cut -d' ' -f2-; ${stat} owned/site/index.html | cut -d' ' -f2,4`,
      ),
    ).toBe("packed\nroot:root 0:0 750\nlaborant:laborant 1001:1001 640\nalice:alice 640");
  });

  test("guest conventions: the lab user, keys only, the daemons, examinerctl", async () => {
    expect(
      await inside(
        "systemctl is-active examiner agon-terminals ssh.socket; readlink -f /usr/local/bin/examinerctl; sudo install -d /run/sshd; sudo sshd -T | grep -E '^(passwordauthentication|permitrootlogin)'",
      ),
    ).toBe(
      "active\nactive\nactive\n/opt/agon/bin/examinerctl\npermitrootlogin without-password\npasswordauthentication no",
    );
    expect(await inside("examinerctl task ls")).toContain("as_laborant");
    expect(await inside("grep -c '^[A-Z_]*=' /opt/iximiuz-labs/capabilities")).toBe("1");
  });
});
