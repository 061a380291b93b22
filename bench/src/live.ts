/**
 * ./agon bench live [--plays N] [--json]: how fast a page shows what happens in a machine.
 *
 * What is measured, in ms, on plays of the shipped challenge log-report-script, unmodified, with
 * real machines:
 *
 * - `file-to-green@P`: from the instant just before a background process in the machine renames a
 *   file into place (`~/report.sh`; at random moments, five versions in each play) until the node of
 *   the task that this version completes has state "completed" in the DOM of the play's page in a
 *   headless Chromium. The time that the challenge's own check takes is part of it.
 * - `task-to-dom@P`: from the instant at which the examiner in the machine decided that the task is
 *   completed (its own clock) until the same change of the DOM.
 * - `websocket-echo`: round trip of four bytes through a bare WebSocket server, from the same pages
 *   at the same time, over the whole run. It is the baseline of the others.
 *
 * P is the number of plays that run at once: 1, then N (default 20). Each of the N has an open
 * terminal and a live subscription, and a line is typed in it every 8 s on average; two of them at a
 * time are watched by a page and get their files (and no typing, for a prompt wakes the checks),
 * until each had its turn. The browser shares the computer with everything else: more pages would
 * measure the browser. Machines, services and browser read one clock; the skew of the browser and of
 * each machine is measured, and the run fails when it is above its own error and 5 ms. A task that
 * is not green a minute after its file fails the run, too: no sample is left out.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { Company } from "./company.ts";
import { openEcho } from "./echo-server.ts";
import { hopAt, trace } from "./hops.ts";
import { Learner } from "./learner.ts";
import { measure, percentile, type Measure } from "./measure.ts";
import { measuresJson, measuresTable, table, type Aim } from "./report.ts";
import { challenge, instantsFile, machine, steps, writerText } from "./report-script-files.ts";
import { roster } from "./roster.ts";
import { WatchedPage, openBrowser } from "./watched-page.ts";

/** Samples wanted at one play and at many. */
const WANTED = { one: 50, many: 100 };
/** Milliseconds before each file, shortest and longest: wider than the second between two ticks. */
const PAUSE: [number, number] = [1_000, 3_000];
/** Pages that watch at the same time. */
const PAGES = 2;
/** Milliseconds that pages have to come to rest after loading. */
const SETTLE = 1_000;
/** Plays that start at the same time. */
const STARTS = 4;
/** Milliseconds after which a task that is not green fails the run. */
const LATE = 60_000;
/** Milliseconds that two clocks of one computer may differ. */
const SKEW = 5;

const { values } = parseArgs({
  options: { plays: { type: "string", default: "20" }, json: { type: "boolean" } },
});
const many = Number(values.plays);
const endpoint = process.env["AGON_ENDPOINT"] ?? "";
const root = process.env["AGON_ROOT"] ?? "";
const dir = process.env["AGON_DIR"] ?? "";
if (!endpoint || !root || !dir) throw new Error("This is started by ./agon bench live");

const tell = (text: string) => process.stderr.write(`· ${text}\n`);

interface Samples {
  fileToGreen: number[];
  taskToDom: number[];
  echoes: number[];
  /** Milliseconds from hop to hop, by the hop's name: where the time goes. */
  hops: Map<string, number[]>;
}

interface Phase {
  plays: number;
  samples: Samples;
}

/** Runs work over items, at most `width` at a time; the first failure ends it. */
async function inTurns<T, R>(
  items: T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await work(items[at]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** @throws when a clock differs from ours by more than it can be explained by the way of asking. */
function checkSkew(whose: string, { ahead, error }: { ahead: number; error: number }): void {
  if (Math.abs(ahead) > SKEW + error)
    throw new Error(
      `The clock of ${whose} is ${ahead.toFixed(1)} ms ahead: nothing can be measured.`,
    );
}

interface Busy {
  learner: Learner;
  id: string;
  company: Company;
}

/** Starts the writer in a play's machine, whose clock has to be ours. */
async function startWriter({ learner, id }: Busy): Promise<void> {
  const before = performance.timeOrigin + performance.now();
  const text = await learner.exec(
    id,
    machine,
    `python3 -c 'import time; print(time.time_ns())'\n${writerText(PAUSE)}`,
  );
  const after = performance.timeOrigin + performance.now();
  const ahead = Number(text) / 1e6 - (before + after) / 2;
  checkSkew(`the machine of ${id}`, { ahead, error: (after - before) / 2 });
}

/** Waits until all steps of a play are green on its page. @throws when one is late. */
async function allGreen(page: WatchedPage, id: string): Promise<void> {
  const until = Date.now() + PAUSE[1] * steps.length + LATE;
  for (;;) {
    const { completed } = await page.notes();
    const open = steps.find(({ task }) => completed[task] === undefined);
    if (!open) return;
    if (Date.now() > until) throw new Error(`${open.task} of ${id} is not green after a minute.`);
    await pause(500);
  }
}

/** Takes what a page, its machine and the play's log noted. */
async function collect(page: WatchedPage, { learner, id }: Busy, samples: Samples): Promise<void> {
  const { completed, echoes } = await page.notes();
  samples.echoes.push(...echoes);
  const instants = JSON.parse(await learner.exec(id, machine, `cat ${instantsFile}`)) as number[];
  const events = await trace(root, id);
  for (const [index, { task }] of steps.entries()) {
    const file = instants[index]! / 1e6;
    const event = events.find((one) => one.task === task && one.state === 40);
    const decided = event && hopAt(event, "examiner");
    if (decided === undefined) throw new Error(`${task} of ${id} is not in its log.`);
    samples.fileToGreen.push(completed[task]! - file);
    samples.taskToDom.push(completed[task]! - decided);
    let last = file;
    for (const { name, at } of event!.hops) {
      if (at === null) continue;
      samples.hops.set(name, [...(samples.hops.get(name) ?? []), at - last]);
      last = at;
    }
  }
}

/**
 * Watches some plays by a page each while the writers work in their machines. Pages are loaded
 * before the first file and logs are read after the last: neither is what is measured.
 */
async function watch(
  browser: Browser,
  echoUrl: string,
  plays: Busy[],
  samples: Samples,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  for (const { company } of plays) company.rest();
  const pages = await inTurns(plays, PAGES, async (play) =>
    stack.use(await WatchedPage.open(browser, endpoint, play.learner, play.id, steps[0]!.task)),
  );
  for (const page of pages) checkSkew("the browser", await page.skew());
  await pause(SETTLE);
  for (const page of pages) await page.echo(echoUrl);
  await inTurns(plays, PAGES, startWriter);
  for (const [at, page] of pages.entries()) await allGreen(page, plays[at]!.id);
  for (const [at, page] of pages.entries()) await collect(page, plays[at]!, samples);
  for (const { company } of plays) company.type();
}

/** One round: as many plays as learners, each watched once. */
async function round(
  browser: Browser,
  echoUrl: string,
  learners: Learner[],
  samples: Samples,
): Promise<void> {
  const started: { learner: Learner; id: string }[] = [];
  const plays: Busy[] = [];
  try {
    await inTurns(learners, STARTS, async (learner) => {
      started.push({ learner, id: await learner.start(challenge) });
    });
    await inTurns(started, STARTS, async ({ learner, id }) => {
      plays.push({ learner, id, company: await Company.join(endpoint, learner, id, machine) });
    });
    for (let from = 0; from < plays.length; from += PAGES)
      await watch(browser, echoUrl, plays.slice(from, from + PAGES), samples);
  } finally {
    for (const { company } of plays) await company[Symbol.asyncDispose]();
    await inTurns(started, STARTS, ({ learner, id }) => learner.end(id).catch(() => undefined));
  }
}

/** Rounds until there are enough samples. */
async function phase(
  browser: Browser,
  echoUrl: string,
  learners: Learner[],
  wanted: number,
): Promise<Samples> {
  const samples: Samples = { fileToGreen: [], taskToDom: [], echoes: [], hops: new Map() };
  while (samples.fileToGreen.length < wanted) {
    await round(browser, echoUrl, learners, samples);
    tell(`${learners.length} at once: ${samples.fileToGreen.length} of ${wanted} samples`);
  }
  return samples;
}

/** Takes the measures. @throws when something does not become green, or a clock is off. */
async function bench(): Promise<Phase[]> {
  await using stack = new AsyncDisposableStack();
  const echo = stack.use(await openEcho());
  const browser = stack.adopt(await openBrowser(), (one) => one.close());
  const { password, count } = roster(dir, many);
  const everyone = await inTurns(
    Array.from({ length: count }, (_, at) => `bench-${at + 1}`),
    STARTS,
    (handle) => Learner.enter(endpoint, handle, password),
  );
  const phases: Phase[] = [];
  for (const [plays, wanted] of [
    [1, WANTED.one],
    [many, WANTED.many],
  ] as const) {
    if (phases.some((one) => one.plays === plays)) continue;
    const learners = everyone.slice(0, plays);
    phases.push({ plays, samples: await phase(browser, echo.url, learners, wanted) });
  }
  return phases;
}

/** Prints the measures to stdout, and for people also where the time goes. */
function print(phases: Phase[]): void {
  const echoes = phases.flatMap(({ samples }) => samples.echoes);
  const baseline = { name: "websocket-echo", p50: percentile(echoes, 50) };
  const measures: Measure[] = [
    ...phases.map((one) =>
      measure(`file-to-green@${one.plays}`, "ms", one.samples.fileToGreen, baseline),
    ),
    ...phases.map((one) =>
      measure(`task-to-dom@${one.plays}`, "ms", one.samples.taskToDom, baseline),
    ),
    measure("websocket-echo", "ms", echoes, baseline),
  ];
  const aims: Aim[] = [
    { name: "file-to-green@20", p50: 250, p99: 1_000 },
    { name: "task-to-dom@20", p50: 60, p99: 250 },
  ];
  if (values.json) console.log(measuresJson(measures));
  else {
    console.log(measuresTable(measures, aims));
    const names = ["examiner", "hostd", "log", "frame", "dom"];
    const rows = names.map((name, at) => [
      `${names[at - 1] ?? "file"} → ${name}`,
      ...phases.flatMap(({ samples }) => {
        const times = samples.hops.get(name) ?? [];
        return times.length
          ? [50, 95, 99].map((p) => percentile(times, p).toFixed(1))
          : ["?", "?", "?"];
      }),
    ]);
    const heads = phases.flatMap(({ plays }) => [50, 95, 99].map((p) => `P${p}@${plays}`));
    console.log(`\nWhere the time goes (ms)\n${table([["HOP", ...heads], ...rows])}`);
    console.log(
      `\n${phases.map((one) => `echo@${one.plays} p50 ${percentile(one.samples.echoes, 50).toFixed(2)} ms, p99 ${percentile(one.samples.echoes, 99).toFixed(2)} ms`).join("; ")}`,
    );
  }
}

try {
  print(await bench());
} catch (error) {
  console.error(`bench live: ${(error as Error).message}`);
  process.exitCode = 1;
}
