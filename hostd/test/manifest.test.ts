import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StartPlayRequest } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, machine } from "./host-rig.ts";

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

beforeAll(async () => {
  await rig.setUp();
  for (const backend of BACKENDS) await rig.call("startPlay", networksPlay(backend));
  await until(
    "all plays run",
    () =>
      BACKENDS.every((backend) => {
        const id = `networks-${backend}`;
        if (rig.playState(id) === "FAILED") throw new Error(`${id} failed:\n${rig.output}`);
        return rig.playState(id) === "RUNNING";
      }),
    400,
  );
}, 420_000);

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
