import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostRemains } from "@agon/testing/host-audit";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const temporary = mkdtempSync(join(tmpdir(), "agon-kill-"));
const rig = new HostRig(given, here(), "0", { TMPDIR: temporary });
const audited = {
  arena: rig.arena,
  prefix: rig.prefix,
  state: join(rig.folder, "state"),
  docker: here().docker,
};
const KILLS = 50;
/** Plays at a time: the computer is small. */
const MOST = 3;
/** Milliseconds after an order within which hostd is killed. */
const WITHIN = 1_500;
const seed = Number(process.env["AGON_TEST_SEED"] ?? Date.now() % 1_000_000);

/** Mulberry32: the same numbers for the same seed. */
let state = seed;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const any = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;

const specOf = (id: string, backend: string) => ({
  ...play(
    id,
    [machine("m", "172.16.0.2/24", { backend })],
    [task("verify_it", "m", "test -e /root/it")],
  ),
  armed: backend === "microvm",
});
const backends = new Map<string, string>();
const stateOf = (id: string) => rig.playState(id);
/** Plays that are not destroyed, or being so. */
const alive = () => [...backends.keys()].filter((id) => stateOf(id) !== "DESTROYED");
const done: Record<string, number> = {};
/** Checkpoints that a play was said to have. */
const checkpointsOf = (id: string) =>
  rig.events.flatMap(({ play: owner, event }) =>
    owner === id && event?.$case === "checkpoint" && !event.value.missed ? [event.value.id] : [],
  );

/** One order that fits what is there; its answer may never come. */
function order(number: number): void {
  const running = alive().filter((id) => stateOf(id) === "RUNNING");
  const stopped = alive().filter((id) => stateOf(id) === "STOPPED");
  const orders: [string, () => Promise<unknown>][] = [];
  if (alive().length < MOST) {
    const start = () => {
      const id = `start-${number}`;
      backends.set(id, random() < 0.8 ? "microvm" : "container");
      return rig.call("startPlay", specOf(id, backends.get(id)!));
    };
    orders.push(["start", start], ["start", start]);
    const fork = (name: string, id: string, from: string, checkpoint: string) => {
      const act = () => {
        backends.set(id, backends.get(from)!);
        const spec = specOf(id, backends.get(id)!);
        return rig.call("forkPlay", { spec, from, checkpoint });
      };
      orders.push([name, act], [name, act], [name, act]);
    };
    const from = any([...stopped, ...running.filter((id) => backends.get(id) === "microvm")]);
    if (from) fork("fork", `fork-${number}`, from, "");
    const saved = any([...stopped, ...running].filter((id) => checkpointsOf(id).length));
    if (saved) fork("go back", `back-${number}`, saved, any(checkpointsOf(saved)));
  }
  if (running.length) {
    const id = any(running);
    const memory = random() < 0.7;
    const stop = () => rig.call("stopPlay", { play: id, memory });
    orders.push(["pause", stop], ["pause", stop]);
    const open = any(running.filter((one) => rig.stateOf(one, "verify_it") !== 40));
    if (open) {
      const complete = () => rig.exec(open, "m", "sudo touch /root/it");
      orders.push(["complete", complete], ["complete", complete]);
    }
  }
  if (stopped.length) {
    const id = any(stopped);
    orders.push(["go on", () => rig.call("restartPlay", { play: id })]);
  }
  if (alive().length) {
    const id = any(alive());
    orders.push(["destroy", () => rig.call("destroyPlay", { play: id })]);
  }
  const [name, act] = any(orders);
  done[name] = (done[name] ?? 0) + 1;
  act().catch(() => undefined);
}

beforeAll(async () => {
  await rig.setUp();
  // Its template is made before the first kill: with none, no start would get anywhere.
  await rig.call("startPlay", specOf("first-one", "microvm"));
  backends.set("first-one", "microvm");
  await rig.running(["first-one"], 400);
  // One moment to go back to: most others are killed before they are.
  await rig.exec("first-one", "m", "sudo touch /root/it");
  await until("a checkpoint", () => checkpointsOf("first-one").length > 0, 120);
}, 420_000);

afterAll(async () => {
  await rig.tearDown();
  rmSync(temporary, { recursive: true, force: true });
});

test(`hostd is killed at ${KILLS} random points of starts, forks, checkpoints, pauses and ends (seed ${seed}): what was there goes on, and destroyed it leaves nothing`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    // Now and then something gets to its end, so that other orders are possible.
    if (kill % 4 === 0)
      await until(
        `nothing is under way before kill ${kill}`,
        () => alive().every((id) => ["RUNNING", "STOPPED", "FAILED"].includes(stateOf(id))),
        400,
      );
    order(kill);
    await pause(random() * WITHIN);
    await rig.kill();
    await rig.start();
    for (const id of backends.keys())
      if (stateOf(id) === "") {
        // It was killed before it took the play: whoever asked asks again, or not.
        const known = await rig.call("describePlay", { play: id }).catch(() => undefined);
        if (!known) backends.delete(id);
      }
  }
  console.log(`orders: ${JSON.stringify(done)}`);
  await until(
    "everything settles",
    () => alive().every((id) => ["RUNNING", "STOPPED"].includes(stateOf(id))),
    300,
  );
  for (const id of alive())
    // A stop that was ordered last may still be under way.
    await until(
      `${id} works or is stopped`,
      async () =>
        stateOf(id) === "STOPPED" || (await rig.exec(id, "m", "echo lives")).stdout === "lives\n",
      300,
    );
  for (const id of backends.keys()) await rig.call("destroyPlay", { play: id });
  await until("all is told", () => alive().length === 0);
  const remains = async () => [...(await hostRemains(audited)), ...readdirSync(temporary)];
  expect(await remains()).toEqual([]);
  // Nor after hostd begins anew.
  await rig.kill();
  await rig.start();
  // What it does itself at first, a root folder for QEMUs, ends by itself.
  await expect.poll(remains, { timeout: 20_000 }).toEqual([]);
}, 3_000_000);
