/**
 * ./agon bench engine [--json]: how fast and how small virtual machines are. In ms, but for room:
 *
 * - `cold-boot`: from the start of QEMU until both daemons of the machine called, while a template
 *   is made; each sample in an empty folder of templates.
 * - `reboot`: from the moment at which a machine had ended by itself until it called again. Its baseline is
 *   the cold boot from which the machine's template was made; content may count on a ratio of 1.5 at most.
 * - `restore-to-answer@P`: from the request of a play of one machine until the restored machine first
 *   answered, with P plays asked for at the same instant; the turn in the queue is part of it.
 * - `fix-up`: the call that gives a restored machine its identity.
 * - `pool-claim-to-prompt`: from the click on Start on the challenge's page in Chromium until the
 *   prompt is in the terminal's DOM, with a machine waiting in the pool. The whole arena is between.
 * - `idle-clone-pss@N`: memory (PSS, MiB) of each of N machines that run and that nobody looks at (they give no
 *   terminal, so none is opened ahead).
 * - `suspend`, `resume`: what hostd needs to store a running play with its memory, and from its restart
 *   until the machine answers.
 * - `fork-pause`: how long an armed machine stands still while it is copied.
 * - `checkpoint-pause`, `checkpoint-room`, `go-back`: how long it stands still when a task is completed, what
 *   the copy of that moment takes of the disk (MiB), and from the order to go back there until the play runs.
 * - `task-told-beside-checkpoint`: from the line that completes a task until a watcher of the host is told,
 *   0–570 ms after another one, of which a checkpoint is taken meanwhile. Its baseline is the same of a machine
 *   that is not armed.
 * - `destroy`: the call that removes a play of one machine.
 * - `docker-run`: `docker run --rm IMAGE true`, the baseline of all times. That of memory is one machine
 *   alone, that of checkpoints the whole memory of the machine.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { EngineHost, pssMiB } from "./engine-host.ts";
import { CHALLENGE, clickToPrompt } from "./engine-prompt.ts";
import { Learner } from "./learner.ts";
import { measure, percentile, type Measure } from "./measure.ts";
import { measuresJson, measuresTable, type Aim } from "./report.ts";
import { roster } from "./roster.ts";
import { openBrowser } from "./watched-page.ts";

const AIMS: Aim[] = [
  { name: "restore-to-answer@1", p50: 500 },
  { name: "fix-up", p50: 250 },
  { name: "pool-claim-to-prompt", p50: 300, p95: 700 },
  { name: "fork-pause", p50: 150 },
  { name: "idle-clone-pss@10", p50: 60 },
  { name: "idle-clone-pss@30", p50: 60 },
];
const SAMPLES = {
  coldBoot: 2,
  reboots: 3,
  restores: 12,
  suspends: 5,
  checkpoints: 10,
  pairs: 20,
  prompts: 50,
  dockerRuns: 20,
};
/** Milliseconds after which no further prompt is waited for: making a machine for the pool takes longest. */
const PROMPTS = 480_000;
/** Machines that are there at once when memory is measured. */
const CLONES = [1, 10, 30];
/** Milliseconds that machines have to come to rest before memory is measured: hostd looks for idle ones every 15 s. */
const REST = 40_000;

const { values } = parseArgs({
  options: { json: { type: "boolean" }, prompts: { type: "string" } },
});
const prompts = Number(values.prompts ?? SAMPLES.prompts);
const endpoint = process.env["AGON_ENDPOINT"] ?? "";
const dir = process.env["AGON_DIR"] ?? "";
const image = process.env["AGON_BENCH_IMAGE"] ?? "";
if (!endpoint || !dir || !image) throw new Error("This is started by ./agon bench engine");

const tell = (text: string) => process.stderr.write(`· ${text}\n`);
const taken = new Map<string, number[]>();
/** Milliseconds of the cold boot behind the machine that was rebooted. */
let ofTemplate = 0;
/** MiB of the memory of the machine that checkpoints were taken of. */
let ofMemory = 0;
/** What there is so far, for who waits. */
const sums = () =>
  tell(
    [...taken]
      .map(([name, all]) => `${name} p50 ${percentile(all, 50).toFixed(1)} (n ${all.length})`)
      .join("; "),
  );
const add = (name: string, ...samples: number[]) =>
  taken.set(name, [...(taken.get(name) ?? []), ...samples]);

async function dockerRuns(): Promise<void> {
  for (let n = 0; n < SAMPLES.dockerRuns; n++) {
    const from = performance.now();
    await promisify(execFile)("docker", ["run", "--rm", "--network=none", image, "true"]);
    add("docker-run", performance.now() - from);
  }
}

async function coldBoots(): Promise<void> {
  for (let n = 0; n < SAMPLES.coldBoot; n++) {
    const templates = mkdtempSync(join(tmpdir(), "agon-bench-templates-"));
    try {
      await using host = await EngineHost.open(templates);
      await host.start(`cold-${n}`);
      add("cold-boot", ...host.coldBoots());
    } finally {
      rmSync(templates, { recursive: true, force: true });
    }
    tell(`cold boots: ${n + 1} of ${SAMPLES.coldBoot}`);
  }
}

async function restores(host: EngineHost): Promise<void> {
  for (const width of [1, 3, 5]) {
    for (let n = 0; n < SAMPLES.restores; n += width) {
      const plays = Array.from({ length: width }, (_, at) => `restore-${width}-${n + at}`);
      await Promise.all(plays.map((play) => host.start(play)));
      for (const play of plays) {
        const { answered, renewal } = host.started(play);
        add(`restore-to-answer@${width}`, answered);
        if (width === 1) add("fix-up", renewal);
      }
      for (const play of plays) {
        const took = await host.destroy(play);
        if (width === 1) add("destroy", took);
      }
    }
    tell(`restores, ${width} at once`);
  }
}

async function reboots(host: EngineHost): Promise<void> {
  await host.start("rebooted");
  for (let n = 0; n < SAMPLES.reboots; n++) {
    const { ms, coldBootMs } = await host.reboot("rebooted");
    add("reboot", ms);
    ofTemplate = coldBootMs;
    tell(`reboots: ${n + 1} of ${SAMPLES.reboots}`);
  }
  await host.destroy("rebooted");
}

async function suspends(host: EngineHost): Promise<void> {
  await host.start("suspended");
  for (let n = 0; n < SAMPLES.suspends; n++) {
    add("suspend", await host.suspend("suspended"));
    add("resume", await host.resume("suspended"));
  }
  await host.destroy("suspended");
  await host.start("armed", { armed: true });
  for (let n = 0; n < SAMPLES.suspends; n++) {
    add("fork-pause", await host.fork("armed", `fork-${n}`));
    await host.destroy(`fork-${n}`);
  }
  await host.destroy("armed");
  await host.start("saved", { armed: true, tasks: SAMPLES.checkpoints });
  for (let n = 0; n < SAMPLES.checkpoints; n++) {
    const { id, pausedMs, mib, memoryMib } = await host.checkpoint("saved", n);
    add("checkpoint-pause", pausedMs);
    add("checkpoint-room", mib);
    ofMemory = memoryMib;
    add("go-back", await host.goBack("saved", id, `back-${n}`));
    await host.destroy(`back-${n}`);
  }
  await host.destroy("saved");
}

/** Milliseconds until a task is told, without a checkpoint. */
const told: number[] = [];

async function events(host: EngineHost): Promise<void> {
  for (const armed of [false, true]) {
    const play = armed ? "watched" : "plain";
    await host.start(play, { armed, tasks: 2 * SAMPLES.pairs });
    const samples = await host.completePairs(play, SAMPLES.pairs);
    if (armed) add("task-told-beside-checkpoint", ...samples);
    else told.push(...samples);
    await host.destroy(play);
  }
}

async function memory(host: EngineHost): Promise<void> {
  let there = 0;
  for (const clones of CLONES) {
    for (; there < clones; there++) await host.start(`idle-${there}`, { noSsh: true });
    await pause(REST);
    add(`idle-clone-pss@${clones}`, ...host.machines().map(pssMiB));
    tell(`memory of ${clones}`);
  }
  for (let at = 0; at < there; at++) await host.destroy(`idle-${at}`);
}

async function claims(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const browser = stack.adopt(await openBrowser(), (one) => one.close());
  const { password } = roster(dir, 1);
  const learner = await Learner.enter(endpoint, "bench-1", password);
  // The pool learns what to keep by what is asked for; the template may have to be made first.
  await learner.end(await learner.start(CHALLENGE));
  let since = Date.now();
  const end = performance.now() + PROMPTS;
  for (let n = 0; n < prompts; n++) {
    if (n > 0 && performance.now() > end) {
      tell(`prompts: ${n} of ${prompts} only, there was no time for more`);
      break;
    }
    const { ms, claimed } = await clickToPrompt(browser, endpoint, dir, learner, since);
    add("pool-claim-to-prompt", ms);
    since = claimed;
    if ((n + 1) % 10 === 0) tell(`prompts: ${n + 1} of ${prompts}`);
  }
}

function print(): void {
  const times = { name: "docker-run", p50: percentile(taken.get("docker-run")!, 50) };
  const alone = { name: "idle-clone-pss@1", p50: percentile(taken.get("idle-clone-pss@1")!, 50) };
  const cold = { name: "cold boot of its template", p50: ofTemplate };
  const whole = { name: "the machine's memory", p50: ofMemory };
  const plain = { name: "without a checkpoint", p50: percentile(told, 50) };
  const measures: Measure[] = [...taken].map(([name, samples]) => {
    if (name.startsWith("idle-clone-pss")) return measure(name, "MiB", samples, alone);
    if (name === "checkpoint-room") return measure(name, "MiB", samples, whole);
    if (name === "reboot") return measure(name, "ms", samples, cold);
    return measure(name, "ms", samples, name === "task-told-beside-checkpoint" ? plain : times);
  });
  console.log(values.json ? measuresJson(measures) : measuresTable(measures, AIMS));
}

try {
  await claims();
  await dockerRuns();
  sums();
  {
    await using host = await EngineHost.open();
    // Its template may have to be made first.
    await host.start("first");
    await host.destroy("first");
    await restores(host);
    sums();
    await suspends(host);
    await events(host);
    await reboots(host);
    sums();
    await memory(host);
    sums();
  }
  await coldBoots();
  print();
} catch (error) {
  console.error(`bench engine: ${(error as Error).message}`);
  process.exitCode = 1;
}
