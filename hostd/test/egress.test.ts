import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificates } from "@agon/testing/certificates";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { HostRig, hashOf, machine, play } from "./host-rig.ts";
import { World, WORLD } from "./world.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const folder = mkdtempSync(join(tmpdir(), "agon-world-"));
const world = new World(`w${randomBytes(3).toString("hex")}`, folder);
let rig: HostRig;
const BACKENDS = ["container", "microvm"];
const GATEWAY = "172.16.0.1";

/** A play of one machine with a way out. */
const withEgress = (id: string, backend: string, policy: string, names: string[] = []) => ({
  ...play(id, [machine("one", "172.16.0.2/24", { backend })]),
  egress: { policy, names },
});

beforeAll(async () => {
  await makeCertificates(folder, ["host"]);
  await world.setUp();
  rig = new HostRig(given, here(), "0", {
    AGON_EGRESS_UPLINK: world.outer,
    AGON_EGRESS_DNS: world.nameServer,
    AGON_EGRESS_EXCEPT: WORLD.public,
    AGON_EGRESS_MBIT: "40",
  });
  await rig.setUp();
  const names = ["good.agon.test", "*.wild.test"];
  const plays = BACKENDS.flatMap((backend) => [
    withEgress(`none-${backend}`, backend, "none"),
    withEgress(`allow-${backend}`, backend, "allow", names),
    withEgress(`open-${backend}`, backend, "open"),
  ]);
  for (const spec of plays) await rig.call("startPlay", spec);
  await rig.running(
    plays.map((spec) => spec.play),
    400,
  );
}, 420_000);

afterAll(async () => {
  await rig?.tearDown();
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function inside(id: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, "one", script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

/** What a machine gets of a URL; empty when it can't be reached. */
const get = (id: string, url: string) =>
  inside(id, `curl -sk --max-time 8 ${url} || curl -sk --max-time 8 ${url} || true`);
/** What an echo server sends back. */
const echo = (id: string, address: string, port: number) =>
  inside(
    id,
    `for n in 1 2 3; do echo agon | timeout 3 nc -u -w1 -n ${address} ${port}; done | sort -u`,
  );
/** A name server's answer: its code, and addresses. */
const dig = async (id: string, name: string, more = "") => {
  const said = await inside(id, `dig +time=5 +tries=2 ${more} ${name} || true`);
  const code = /status: (\w+)/.exec(said)?.[1] ?? "SILENT";
  return [code, ...[...said.matchAll(/\sIN\s+A\s+([\d.]+)/g)].map(([, address]) => address!)];
};

/** Which of these URLs a machine gets, all asked at once. */
const reachable = (id: string, urls: string[]) =>
  inside(
    id,
    `${urls.map((url) => `(curl -sk --max-time 8 ${url} >/dev/null && echo ${url}) &`).join("\n")}\nwait`,
  );

/** What nobody may reach, though it is there: a LAN, metadata, and the host's own services. */
async function expectNothingPrivate(id: string): Promise<void> {
  const hidden = [WORLD.lan, WORLD.metadata, WORLD.host];
  for (const address of hidden)
    expect(await world.onHost(`curl -s http://${address}`)).toBe(`world ${address}`);
  const urls = hidden.flatMap((one) => [`http://${one}`, `https://${one}`, `http://${one}:8080`]);
  expect(await reachable(id, urls)).toBe("");
  for (const address of hidden) expect(await echo(id, address, 53)).toBe("");
  // The cables of the way out, and what else listens at their ends.
  const cables = [`${rig.prefix}.out`, `${rig.prefix}-${hashOf(id)}`];
  const addresses: string[] = [];
  for (const space of cables) {
    const { stdout } = await execa("ip", ["-n", space, "-4", "-o", "addr"]);
    addresses.push(...[...stdout.matchAll(/inet (100\.[\d.]+)/g)].map(([, one]) => one!));
  }
  expect(addresses.length).toBeGreaterThan(2);
  const up = await world.onHost("ip -4 -o addr show | grep -o '100\\.126\\.[0-9.]*' | head -1");
  for (const address of [...addresses, up])
    expect(
      await inside(id, `ping -c1 -W1 ${address} >/dev/null 2>&1 && echo ${address} || true`),
    ).toBe("");
}

describe.each(BACKENDS)("on %s", (backend) => {
  test("none: no name is told and nothing is reached", async () => {
    const id = `none-${backend}`;
    expect(await dig(id, "good.agon.test", `@${GATEWAY}`)).toEqual(["SILENT"]);
    expect(await reachable(id, [`http://${WORLD.good}`, `https://${WORLD.good}`])).toBe("");
    expect(await echo(id, WORLD.good, 9000)).toBe("");
    expect(await inside(id, "cat /etc/resolv.conf")).toBe("nameserver 127.0.0.1");
    // The world is there for those who may.
    expect(await world.onHost(`curl -s http://${WORLD.good}`)).toBe(`world ${WORLD.good}`);
  });

  test("allow: only names of the list, only by HTTP and HTTPS, and only after their name was told", async () => {
    const id = `allow-${backend}`;
    const good = `world ${WORLD.good}`;
    const before = world.asked.length;
    expect(await get(id, `http://${WORLD.good}`)).toBe("");
    expect(await get(id, "http://good.agon.test")).toBe(good);
    expect(await get(id, "https://good.agon.test")).toBe(good);
    expect(await get(id, `http://${WORLD.good}`)).toBe(good);
    expect(await get(id, "http://good.agon.test:8080")).toBe("");
    expect(await echo(id, WORLD.good, 9000)).toBe("");
    expect(await echo(id, WORLD.good, 53)).toBe("");
    // An address that no allowed name has.
    expect(await get(id, `http://${WORLD.other}`)).toBe("");
    expect(await dig(id, "other.agon.test")).toEqual(["REFUSED"]);
    expect(await get(id, "http://other.agon.test")).toBe("");
    // A wildcard means what is below it, and opens that name's address.
    expect(await dig(id, "wild.test")).toEqual(["REFUSED"]);
    expect(await dig(id, "one.wild.test")).toEqual(["NOERROR", WORLD.other]);
    expect(await get(id, "http://one.wild.test")).toBe(`world ${WORLD.other}`);
    expect(world.asked.slice(before)).not.toContain("other.agon.test");
  });

  test("allow: an allowed name that leads inside is told no address", async () => {
    const id = `allow-${backend}`;
    expect(await dig(id, "rebind.wild.test")).toEqual(["NOERROR"]);
    expect(world.asked).toContain("rebind.wild.test");
    await expectNothingPrivate(id);
  });

  test("names are told by TCP, too; records that need IPv6 are empty; what is no name is not asked", async () => {
    const id = `allow-${backend}`;
    expect(await dig(id, "good.agon.test", "+tcp")).toEqual(["NOERROR", WORLD.good]);
    expect(await dig(id, "good.agon.test", "AAAA")).toEqual(["NOERROR"]);
    expect(await dig(id, "missing.wild.test")).toEqual(["NXDOMAIN"]);
    expect(await inside(id, `head -c 2000 /dev/urandom | nc -u -w1 -n ${GATEWAY} 53 | wc -c`)).toBe(
      "0",
    );
    expect(await dig(id, "good.agon.test")).toEqual(["NOERROR", WORLD.good]);
  });

  test("open: every public address by TCP, UDP and ping, but no mail, and nothing private", async () => {
    const id = `open-${backend}`;
    expect(await get(id, "http://other.agon.test:8080")).toBe(`world ${WORLD.other}`);
    expect(await echo(id, WORLD.other, 9000)).toBe("agon");
    expect(await inside(id, `ping -c2 -W3 ${WORLD.other} | grep -c 'bytes from'`)).toMatch(/[12]/);
    expect(await get(id, `http://${WORLD.other}:25`)).toBe("");
    await expectNothingPrivate(id);
  });

  test("the rate is limited each way, and so are connections at once", async () => {
    const id = `open-${backend}`;
    const size = await inside(
      id,
      `head -c 4194304 /dev/zero > /tmp/up
       curl -s -T /tmp/up http://${WORLD.good}:8080/ -o /dev/null
       curl -s http://${WORLD.good}:8080/big | wc -c`,
    );
    expect(size).toBe(String(4 * 2 ** 20));
    for (const [space, device] of [
      [`${rig.prefix}.out`, hashOf(id)],
      [`${rig.prefix}-${hashOf(id)}`, "way"],
    ] as [string, string][]) {
      const { stdout } = await execa("tc", ["-n", space, "-s", "qdisc", "show", "dev", device]);
      expect(stdout).toMatch(/qdisc tbf .* rate 40Mbit/);
      // The queue did hold packets back.
      expect(Number(/overlimits (\d+)/.exec(stdout)![1])).toBeGreaterThan(0);
    }
    const opened = await inside(
      id,
      `python3 - <<'END'
import socket
held = []
for one in range(400):
    try: held.append(socket.create_connection(("${WORLD.good}", 8080), 6))
    except OSError: break
print(len(held))
END`,
    );
    expect(Number(opened)).toBeGreaterThan(100);
    expect(Number(opened)).toBeLessThanOrEqual(256);
  });
});

test("policies outlive hostd's death, and are the same after its restart", async () => {
  const waiting = BACKENDS.map(async (backend) => {
    const id = `allow-${backend}`;
    // Opens the address, for a time.
    expect((await dig(id, "good.agon.test"))[1]).toBe(WORLD.good);
    // A background process asks again and again, also while hostd is away.
    await inside(
      id,
      `sudo systemd-run -q --collect --unit=asks bash -c 'while sleep 0.3; do curl -s --max-time 2 http://${WORLD.good} >> /tmp/asked; done'`,
    );
    return id;
  });
  const ids = await Promise.all(waiting);
  await rig.kill();
  await rig.start();
  for (const id of ids) {
    const before = Number(await inside(id, "wc -l < /tmp/asked"));
    await until(`${id} is answered`, async () => {
      return Number(await inside(id, "wc -l < /tmp/asked")) > before;
    });
    await inside(id, "sudo systemctl stop asks");
    // Names are told again once hostd has taken up the play.
    await until("a name is told", async () => (await dig(id, "good.agon.test"))[1] === WORLD.good);
    expect(await get(id, "https://good.agon.test")).toBe(`world ${WORLD.good}`);
    expect(await dig(id, "other.agon.test")).toEqual(["REFUSED"]);
    expect(await get(id, `http://${WORLD.lan}`)).toBe("");
  }
});

test("a host gives no more than its operator lets it", async () => {
  const strict = new HostRig("", here(), "0", { AGON_EGRESS: "allow" });
  await strict.setUp();
  try {
    await expect(
      strict.call("startPlay", withEgress("too-open", "container", "open")),
    ).rejects.toThrow('this host gives machines at most "allow", the playground asks for "open"');
  } finally {
    await strict.tearDown();
  }
});

test("the end of the last play with a way out leaves nothing of it", async () => {
  expect(await world.onHost("iptables-save | grep -c agon-")).toBe("5");
  const ids = BACKENDS.flatMap((backend) =>
    ["none", "allow", "open"].map((p) => `${p}-${backend}`),
  );
  await Promise.all(ids.map((id) => rig.call("destroyPlay", { play: id })));
  expect(await rig.left()).toBe("");
  expect(await world.onHost("iptables-save | grep agon-; ip -o link | grep agon-; true")).toBe("");
});
