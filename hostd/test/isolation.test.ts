import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StartPlayRequest } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, hashOf, machine, play } from "./host-rig.ts";
import {
  attackScript,
  BROADCASTS,
  CONTROL,
  controlScript,
  forgeScript,
  LISTEN,
  probeScript,
  SEEN,
  serveScript,
  targetName,
  type Target,
} from "./machine-probes.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const BACKENDS = ["container", "microvm"];
const GATEWAY = "172.16.0.1";
const PEER = "172.16.0.3";
/** Where machines of plays, and the host, offer something to those who reach them. */
const PORT = 7123;

/** The attacker and a machine beside it, on a network that looks like that of the victims. */
const attackers = (backend: string) =>
  play(`attack-${backend}`, [
    machine("mallory", "172.16.0.2/24", { backend }),
    machine("peer", `${PEER}/24`, { backend }),
  ]);

/** Another play: the same subnet with a machine of each backend, and a subnet of its own. */
const others = StartPlayRequest.fromPartial({
  play: "victims",
  keepAttended: true,
  networks: [
    { name: "local", subnet: "172.16.0.0/24", gateway: GATEWAY },
    { name: "far", subnet: "10.77.0.0/24", gateway: "10.77.0.1" },
  ],
  machines: [
    machine("carol", "", {
      backend: "container",
      interfaces: [
        { network: "local", address: "172.16.0.4/24", mac: "" },
        { network: "far", address: "10.77.0.4/24", mac: "" },
      ],
    }),
    machine("victor", "172.16.0.5/24", { backend: "microvm" }),
  ],
});
const VICTIMS = ["172.16.0.4", "172.16.0.5", "10.77.0.4"];

/** What reached this host at PORT, from whom. */
const reached: string[] = [];
const tcp = createServer((socket) => {
  reached.push(`tcp ${socket.remoteAddress}`);
  socket.on("error", () => undefined).end();
});
const udp = createSocket("udp4", (message, { address, port }) => {
  reached.push(`udp ${address} ${message.toString().trim()}`);
  udp.send(message, port, address);
});
const hostAddresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ family, internal }) => family === "IPv4" && !internal)
  .map(({ address }) => address);

const all = (address: string, ...ports: number[]): Target[] => [
  { kind: "ping", address, port: 0 },
  ...ports.flatMap((port) => [
    { kind: "tcp" as const, address, port },
    { kind: "udp" as const, address, port },
  ]),
];

/** Everything that no machine of `attackers` may reach. */
let forbidden: Target[] = [];

async function inside(id: string, name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, name, script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

const answering = async (id: string, name: string, targets: Target[]) =>
  (await inside(id, name, probeScript(targets))).split("\n").filter(Boolean).sort();

beforeAll(async () => {
  await new Promise<void>((done) => tcp.listen(PORT, "0.0.0.0", done));
  await new Promise<void>((done) => udp.bind(PORT, "0.0.0.0", done));
  await rig.setUp();
  for (const spec of [...BACKENDS.map(attackers), others]) await rig.call("startPlay", spec);
  await rig.running([...BACKENDS.map((backend) => `attack-${backend}`), "victims"], 400);
  for (const [id, name] of [
    ["victims", "carol"],
    ["victims", "victor"],
    ...BACKENDS.map((backend) => [`attack-${backend}`, "peer"]),
  ] as [string, string][])
    await inside(id, name, serveScript(PORT) + LISTEN);
  const control = rig.ports;
  forbidden = [
    ...hostAddresses.flatMap((address) => all(address, PORT, control.grpc, control.terminal, 22)),
    ...VICTIMS.flatMap((address) => all(address, PORT)),
    // Other plays' gateways, Docker's and other private networks, the address of cloud metadata.
    ...["10.77.0.1", "10.0.0.1", "172.17.0.1", "192.168.0.1", "192.168.1.1"].flatMap((address) =>
      all(address, 53, 80),
    ),
    ...all("169.254.169.254", 80),
    ...all("100.100.100.200", 80),
    // The own gateway answers an echo and nothing else.
    ...all(GATEWAY, PORT, control.grpc, control.terminal, 22, 53, 67, 80, 111, 2375).slice(1),
  ];
}, 420_000);

afterAll(async () => {
  tcp.close();
  udp.close();
  await rig.tearDown();
});

test("the probes find what can be reached", async () => {
  const found = (address: string) => all(address, PORT).map(targetName).sort();
  for (const backend of BACKENDS)
    expect(await answering(`attack-${backend}`, "mallory", all(PEER, PORT))).toEqual(found(PEER));
  expect(await answering("victims", "carol", all("172.16.0.5", PORT))).toEqual(found("172.16.0.5"));
  expect(await answering("victims", "victor", all("172.16.0.4", PORT))).toEqual(
    found("172.16.0.4"),
  );
  // From the host itself its own listeners are found at each of its addresses.
  for (const address of hostAddresses) {
    const { stdout } = await execa("bash", [
      "-c",
      `exec 3<>/dev/tcp/${address}/${PORT} && echo tcp`,
    ]);
    expect(stdout).toBe("tcp");
    const client = createSocket("udp4");
    client.send("hello", PORT, address);
    await until("the datagram arrives", () => reached.some((one) => one.endsWith(" hello")));
    client.close();
  }
  reached.length = 0;
});

describe.each(BACKENDS)("from a machine on %s", (backend) => {
  const id = `attack-${backend}`;
  const mallory = (script: string) => inside(id, "mallory", script);
  const seen = async (play: string, name: string) =>
    (await inside(play, name, SEEN)).split("\n").filter(Boolean).map(Number);

  test("host, control plane, other plays and private ranges do not answer", async () => {
    expect(await answering(id, "mallory", forbidden)).toEqual([]);
    expect(reached).toEqual([]);
  });

  test("broadcasts stay in the play: false ARP, DHCP, IPv6 and floods reach no other", async () => {
    await mallory(attackScript(GATEWAY, "172.16.0.4"));
    await mallory(controlScript);
    await until("a machine of the play got all of it", async () => {
      const there = new Set(await seen(id, "peer"));
      return [...Object.values(BROADCASTS), CONTROL].every((number) => there.has(number));
    });
    expect(await seen("victims", "carol")).toEqual([]);
    expect(await seen("victims", "victor")).toEqual([]);
    // Nobody believes that the gateway moved.
    expect(await answering("victims", "victor", all(GATEWAY))).toEqual([`ping ${GATEWAY}`]);
  });

  test("forged frames to the gateway go nowhere", async () => {
    const macOf = async (address: string) => {
      await mallory(`ping -c1 -W2 ${address} >/dev/null`);
      const mac = await mallory(`ip neigh show ${address} | grep -o '..:..:..:..:..:..'`);
      return mac.replaceAll(":", "");
    };
    const targets = [...hostAddresses, ...VICTIMS].map((address) => ({ address, port: PORT }));
    await mallory(forgeScript(await macOf(GATEWAY), targets));
    // The same kind of frame does reach who is there.
    await mallory(forgeScript(await macOf(PEER), [{ address: PEER, port: PORT }]));
    await until("the machine beside got it", async () => (await seen(id, "peer")).includes(20));
    for (const name of ["carol", "victor"]) expect(await seen("victims", name)).toEqual([]);
    expect(reached).toEqual([]);
  });

  test("own routes, addresses and MACs open no way", async () => {
    const routes = [...hostAddresses, "10.77.0.4", "169.254.169.254"];
    const tricks = [
      ...routes.map((address) => `sudo ip route add ${address} via ${GATEWAY}`),
      "sudo ip addr add 10.77.0.66/24 dev eth0",
      "sudo ip addr add 192.168.1.66/16 dev eth0",
      `sudo ip addr add ${GATEWAY}/32 dev eth0`,
      "sudo ip link set eth0 address 02:00:00:00:00:77",
      "sudo ip link add link eth0 name vlan1 type vlan id 1",
      "sudo sysctl -qw net.ipv4.ip_forward=1",
    ];
    const tried = await mallory(
      tricks.map((line) => `${line} >/dev/null 2>&1 && echo done || echo refused`).join("\n"),
    );
    // Root of a virtual machine owns its network; root of a container may not touch it.
    expect(new Set(tried.split("\n"))).toEqual(
      new Set([backend === "container" ? "refused" : "done"]),
    );
    const probes = forbidden.filter(
      ({ address }) => address !== GATEWAY && !address.startsWith("192.168"),
    );
    expect(await answering(id, "mallory", probes)).toEqual([]);
    expect(reached).toEqual([]);
  });
});

test("the victims' listeners do hear what their own play says", async () => {
  await inside("victims", "carol", controlScript);
  await until("it is heard", async () =>
    (await inside("victims", "victor", SEEN)).split("\n").includes(String(CONTROL)),
  );
});

test("a play's namespace has no IPv6, routes nothing, and no cable of it leads to the host", async () => {
  for (const id of [...BACKENDS.map((backend) => `attack-${backend}`), "victims"]) {
    const space = `${rig.prefix}-${hashOf(id)}`;
    const ip = async (...args: string[]) => (await execa("ip", ["-n", space, ...args])).stdout;
    expect(await ip("-6", "addr", "show")).toBe("");
    expect(await ip("route", "show", "default")).toBe("");
    // "link-netnsid" is missing where the other end is in the same namespace; the host's has no name here.
    const cables = JSON.parse(await ip("-j", "link", "show", "type", "veth")) as {
      ifname: string;
    }[];
    for (const { ifname } of cables) expect(ifname).toMatch(/^m\d+e\d+$/);
    const here = JSON.parse((await execa("ip", ["-j", "link"])).stdout) as { address: string }[];
    const macs = new Set(here.map(({ address }) => address));
    const theirs = JSON.parse(await ip("-j", "link")) as { ifname: string; address: string }[];
    for (const { ifname, address } of theirs)
      if (ifname !== "lo") expect(macs.has(address), ifname).toBe(false);
  }
});
