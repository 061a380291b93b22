import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CapacityReply, OpenSlotReply, TemplateStats } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { here } from "@agon/testing/host-process";
import { qemusOf } from "../src/microvm/qemu-process.ts";
import { HostRig, machine, play } from "./host-rig.ts";
import { ownCaches } from "./own-caches.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
/** Two for each template that is expected, three at most, however busy the computer is. */
const MOST = 3;
/** Templates of its own: one of them is taken away. */
const own = mkdtempSync(join(tmpdir(), "agon-templates-"));
const caches = ownCaches(given, own);
const { templates } = caches;
const rig = new HostRig(JSON.stringify(caches), here(), `2,${MOST},1000`);
const virtual = (name: string, address: string) =>
  machine(name, `${address}/24`, { backend: "microvm" });

async function pool(): Promise<TemplateStats | undefined> {
  const { templates } = await rig.call<CapacityReply>("capacity", {});
  return templates[0];
}

async function ready(count: number): Promise<void> {
  await until(`${count} machines wait`, async () => ((await pool())?.poolReady ?? 0) >= count, 300);
}

/** QEMUs of machines that wait. */
function waiting(): number[] {
  const folder = join(rig.folder, "state/microvm-pool");
  return readdirSync(folder).flatMap((name) => {
    const file = join(folder, name, "machine.json");
    return existsSync(file) ? [JSON.parse(readFileSync(file, "utf8")).process.pid as number] : [];
  });
}

/** A play of somebody who will look at it: bots get no shell ahead. */
const learners = (id: string, name: string) => ({
  ...play(id, [virtual(name, "172.16.0.10")]),
  keepAttended: false,
});

async function inside(id: string, name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, name, script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

beforeAll(async () => {
  await rig.setUp();
  await rig.call("warm", { machines: [virtual("m0", "172.16.0.10")] });
  await ready(2);
}, 420_000);

afterAll(async () => {
  await rig.tearDown();
  rmSync(own, { recursive: true, force: true });
});

test("machines of the pool have identities of their own once they are handed over, and right clocks", async () => {
  const plays = ["claims-0", "claims-1"];
  const seen: Record<string, Set<string>> = {};
  for (const [index, id] of plays.entries()) {
    await ready(2);
    const two = [0, 1].map((n) => virtual(`m${2 * index + n}`, `172.16.0.${10 + 2 * index + n}`));
    const hits = Number((await pool())!.poolHits);
    await rig.call("startPlay", play(id, two));
    await rig.running([id], 120);
    // Both machines of the play in one step.
    expect(Number((await pool())!.poolHits)).toBe(hits + 2);
    for (const { name, interfaces } of two) {
      const before = Date.now();
      const found = await inside(
        id,
        name,
        `echo "clock $EPOCHREALTIME"
         echo "machine-id $(cat /etc/machine-id)"
         echo "host-key $(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)"
         echo "mac $(cat /sys/class/net/eth0/address)"
         echo "address $(ip -4 -br addr show eth0 | tr -s ' ' | cut -d' ' -f3)"
         echo "hostname $(hostname)"
         echo "credential $(sudo sha256sum /run/agon-host/credential)"
         echo "random $(head -c 16 /dev/urandom | od -An -tx1)"
         echo "uuid $(cat /proc/sys/kernel/random/uuid)"`,
      );
      const after = Date.now();
      const facts = Object.fromEntries(
        found
          .trim()
          .split("\n")
          .map((line) => [line.split(" ", 1)[0]!, line.slice(line.indexOf(" ") + 1)]),
      );
      const { clock, ...identity } = facts;
      // Read between question and answer.
      expect(Number(clock) * 1_000).toBeGreaterThan(before - 100);
      expect(Number(clock) * 1_000).toBeLessThan(after + 100);
      expect(identity).toMatchObject({ address: interfaces[0]!.address, hostname: name });
      for (const [fact, value] of Object.entries(identity)) {
        expect(value, fact).toMatch(/\w{2}/);
        (seen[fact] ??= new Set()).add(value);
      }
    }
    // Its taps moved into the play's networks.
    const other = two[1]!.interfaces[0]!.address.split("/")[0];
    expect(await inside(id, two[0]!.name, `ping -c1 -W5 ${other} | grep -c ttl`)).toBe("1\n");
  }
  expect(Object.keys(seen)).toHaveLength(8);
  for (const [fact, values] of Object.entries(seen)) expect(values.size, fact).toBe(4);
  for (const id of plays) await rig.call("destroyPlay", { play: id });
}, 300_000);

test("the first terminal of a machine of the pool is a shell that waited in it", async () => {
  // Named like the one that was asked for last.
  await ready(2);
  // What is shown while they stand still was told before anybody asked for them.
  const stopped = waiting();
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  await rig.call("startPlay", learners("shell", "m3"));
  const { session, path } = await rig.call<OpenSlotReply>("openSlot", {
    play: "shell",
    machine: "m3",
    user: "",
    exec: false,
    session: "",
  });
  const first = rig.terminalAt(path);
  await first.opened;
  await until("its prompt", () => first.text.includes("laborant@m3"));
  first.write(
    'echo "user=$(id -un) name=$HOSTNAME,$(hostname) hook=${PROMPT_COMMAND[99]} groups=$(id -Gn),$(id -Gn laborant)"\n',
  );
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  await rig.running(["shell"], 120);
  expect(rig.output).not.toContain("a machine of the pool is broken");
  const [, groups, now] = await until("what was typed is answered", () =>
    /user=laborant name=m3,m3 hook=__agon_prompt groups=([^,$]+),([^\r\n]+)/.exec(first.text),
  );
  expect(groups).toBe(now);
  const pid = await first.pid("first");
  await rig.kill();
  await rig.start();
  const again = await rig.terminal("shell", "m3", { session });
  await again.opened;
  expect(await again.pid("again")).toBe(pid);
  // A new hostd does not know what to expect until it is told.
  await rig.call("warm", { machines: [virtual("m0", "172.16.0.10")] });
  await rig.call("destroyPlay", { play: "shell" });
}, 240_000);

test("a shell that waited under another name is closed, and the learner's own begins", async () => {
  await ready(2);
  const hits = Number((await pool())!.poolHits);
  await rig.call("startPlay", learners("renamed", "other"));
  const terminal = await rig.terminal("renamed", "other");
  await terminal.opened;
  await until("its prompt", () => terminal.text.includes("laborant@other"), 120);
  expect(Number((await pool())!.poolHits)).toBe(hits + 1);
  expect(terminal.text).not.toContain("m3");
  await until(
    "the other shell is gone",
    async () => {
      const { stdout } = await rig.exec(
        "renamed",
        "other",
        "pgrep -c -u laborant -x bash -t pts/0,pts/1,pts/2",
      );
      return stdout.trim() === "1";
    },
    60,
  );
  await rig.call("destroyPlay", { play: "renamed" });
}, 240_000);

test("an account that one play brought is not in the machine of the next", async () => {
  await ready(2);
  const [own] = learners("zoes", "m0").machines;
  const users = [...own!.users, "zoe"];
  await rig.call("startPlay", { ...learners("zoes", "m0"), machines: [{ ...own!, users }] });
  await rig.running(["zoes"], 120);
  expect(await inside("zoes", "m0", "id -un zoe")).toBe("zoe\n");
  // One of the two that wait then was made after it, in its look: this play takes both.
  await ready(2);
  const names = ["m0", "m1"];
  const two = names.map((name, at) => virtual(name, `172.16.0.${10 + at}`));
  await rig.call("startPlay", play("next", two));
  await rig.running(["next"], 120);
  for (const name of names)
    expect(await inside("next", name, "cat /etc/passwd; ls /home")).not.toContain("zoe");
  for (const id of ["zoes", "next"]) await rig.call("destroyPlay", { play: id });
}, 300_000);

test("however many claim at once, no more machines wait or are made than the target says", async () => {
  await ready(2);
  const ids = Array.from({ length: 6 }, (_, index) => `crowd-${index}`);
  const seen: { have: number; target: number; processes: number }[] = [];
  let looking = true;
  const looker = (async () => {
    while (looking) {
      const { poolReady, poolWarming, poolTarget } = (await pool())!;
      seen.push({
        have: poolReady + poolWarming,
        target: poolTarget,
        processes: waiting().length,
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await Promise.all(
    ids.map((id) => rig.call("startPlay", play(id, [virtual("m0", "172.16.0.10")]))),
  );
  await rig.running(ids, 180);
  await ready(2);
  looking = false;
  await looker;
  expect(seen.length).toBeGreaterThan(10);
  for (const { have, target, processes } of seen) {
    expect(have).toBeLessThanOrEqual(target);
    expect(target).toBeLessThanOrEqual(MOST);
    expect(processes).toBeLessThanOrEqual(MOST);
  }
  // Nobody got another's machine.
  const keys = await Promise.all(ids.map((id) => inside(id, "m0", "cat /etc/machine-id")));
  expect(new Set(keys).size).toBe(ids.length);
  for (const id of ids) await rig.call("destroyPlay", { play: id });
}, 300_000);

test("a machine of the pool that does not answer is replaced by a restored one", async () => {
  await ready(2);
  // They look well, and will never answer: their processes are stopped.
  for (const pid of waiting()) process.kill(pid, "SIGSTOP");
  await rig.call("startPlay", play("broken", [virtual("m0", "172.16.0.10")]));
  await rig.running(["broken"], 120);
  expect(rig.output).toContain("a machine of the pool is broken");
  expect(await inside("broken", "m0", "hostname")).toBe("m0\n");
  await rig.call("destroyPlay", { play: "broken" });
}, 180_000);

test("machines that wait go with their template, and while the host takes no plays; others come after it", async () => {
  await ready(2);
  const gone = (pids: number[]) =>
    until("those that waited are gone", () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  const before = waiting();
  // As a new image, kernel or examiner does: it has another name then.
  for (const name of readdirSync(templates))
    if (name.startsWith("debian-12-")) rmSync(join(templates, name), { recursive: true });
  await gone(before);
  await ready(2);
  const others = waiting();
  await rig.call("drain", { on: true });
  await gone(others);
  expect(await pool()).toMatchObject({ poolTarget: 0, poolReady: 0 });
  await rig.call("drain", { on: false });
  await ready(2);
}, 400_000);

test("kill -9 of hostd: no machine that waited for it is left after the next start", async () => {
  await ready(1);
  const before = waiting();
  expect(before.length).toBeGreaterThan(0);
  await rig.kill();
  await rig.start();
  const left = qemusOf(`unix:/run/${rig.prefix}/`).map(({ pid }) => pid);
  expect(left.filter((pid) => before.includes(pid))).toEqual([]);
}, 180_000);

test("hostd's end leaves nothing of the pool", async () => {
  await rig.call("warm", { machines: [virtual("m0", "172.16.0.10")] });
  await ready(1);
  await rig.stop();
  expect(qemusOf(`unix:/run/${rig.prefix}/`)).toEqual([]);
  expect(readdirSync(join(rig.folder, "state/microvm-pool"))).toEqual([]);
}, 180_000);
