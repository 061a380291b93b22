/**
 * ./agon bench author [--json]: how fast an author sees what they saved.
 *
 * The author's own loop is what runs: `./agon dev` on a folder with one machine and five tasks, its page
 * open in a headless Chromium. Files are saved as editors do, by a rename into place, at random moments.
 * In ms, from the instant just before that rename:
 *
 * - `text-save-to-screen`: until the new words stand in the brief of the open page.
 * - `task-save-to-screen`: until the node of the changed task shows the new generation completed. So the
 *   way into the machine, the first run of the new check there and the way back are part of it.
 * - `reload-to-screen`: from a reload of the same page until its words stand there. It is the baseline:
 *   what a look at a change costs without the loop, when somebody else has made it known already.
 *
 * The browser's clock is compared with this process's; the run fails when it is more than its own error
 * and 5 ms off, and when something is not on screen a minute after its save: no sample is left out.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { DevProcess } from "./dev-process.ts";
import { measure, percentile, type Measure } from "./measure.ts";
import { measuresJson, measuresTable, type Aim } from "./report.ts";
import { openBrowser } from "./watched-page.ts";

/** Samples of each save, and of the baseline. */
const SAVES = 60;
const RELOADS = 15;
/** Milliseconds before each save, shortest and longest. */
const PAUSE: [number, number] = [300, 1_300];
/** Milliseconds after which something that is not on screen fails the run. */
const LATE = 60_000;
/** Milliseconds that two clocks of one computer may differ. */
const SKEW = 5;

const { values } = parseArgs({ options: { json: { type: "boolean" } } });
const dir = process.env["AGON_DIR"] ?? "";
const root = process.env["AGON_ROOT"] ?? "";
if (!dir || !root) throw new Error("This is started by ./agon bench author");
const tell = (text: string) => process.stderr.write(`· ${text}\n`);
const now = () => performance.timeOrigin + performance.now();

/** The challenge with these words and this script of its changing task. */
function index(words: string, script: string): string {
  const tasks = ["verify_a", "verify_b", "verify_c", "verify_d"];
  const shown = [...tasks, "verify_changing"]
    .map(
      (name) =>
        `::simple-task\n---\n:tasks: tasks\n:name: ${name}\n---\n#active\nTask ${name}.\n\n#completed\nDone.\n::\n`,
    )
    .join("\n");
  return `---
kind: challenge
title: The bench of the author's loop
description: One machine and five tasks.
difficulty: easy
categories: [linux]
tagz: [bench]
createdAt: 2026-11-28
playground: debian-stable
tasks:
${tasks.map((name) => `  ${name}:\n    run: test -e /srv/${name}\n    hintcheck: echo There is no /srv/${name}.\n`).join("")}  verify_changing:
    run: ${JSON.stringify(script)}
---

${words}

${"A paragraph of the statement, as long as such paragraphs are.\n\n".repeat(20)}
${shown}`;
}

/** Notes on the page when what is wanted stands in its DOM, at the change itself. */
function watchDom(): void {
  const page = window as unknown as {
    agonWanted?: { text?: string; task?: string; generation?: number };
    agonSeen?: number;
  };
  const look = () => {
    const wanted = page.agonWanted;
    if (!wanted || page.agonSeen !== undefined) return;
    const there = wanted.text
      ? document.querySelector(".p-brief")?.textContent?.includes(wanted.text)
      : [
          ...document.querySelectorAll(
            `[data-testid="task-node"][data-task="${wanted.task}"][data-state="40"]`,
          ),
        ].some((node) => Number(node.getAttribute("data-generation")) >= wanted.generation!);
    if (there) page.agonSeen = performance.timeOrigin + performance.now();
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["data-state", "data-generation"],
  });
}

/** @returns the instant at which what is wanted stood on the page. */
async function seen(page: Page): Promise<number> {
  const handle = await page.waitForFunction(
    () => (window as unknown as { agonSeen?: number }).agonSeen,
    undefined,
    { timeout: LATE, polling: 100 },
  );
  return (await handle.jsonValue())!;
}

async function want(page: Page, wanted: object): Promise<void> {
  await page.evaluate((one) => {
    Object.assign(window, { agonWanted: one, agonSeen: undefined });
  }, wanted);
}

/** The generation of a task that the page shows. */
async function generationOf(page: Page, task: string): Promise<number> {
  const node = page.locator(`[data-testid="task-node"][data-task="${task}"]`).first();
  return Number(await node.getAttribute("data-generation"));
}

/** @throws when the browser's clock is not ours. */
async function checkSkew(page: Page): Promise<void> {
  let best = { ahead: 0, error: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 20; round++) {
    const before = now();
    const there = await page.evaluate(() => performance.timeOrigin + performance.now());
    const after = now();
    const error = (after - before) / 2;
    if (error < best.error) best = { ahead: there - (before + after) / 2, error };
  }
  if (Math.abs(best.ahead) > SKEW + best.error)
    throw new Error(`The browser's clock is ${best.ahead.toFixed(1)} ms ahead.`);
}

async function bench(): Promise<Record<"text" | "task" | "reload", number[]>> {
  await using stack = new AsyncDisposableStack();
  const parent = mkdtempSync(join(tmpdir(), "agon-bench-author-"));
  stack.defer(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, "bench-author");
  mkdirSync(folder);
  const save = (text: string): number => {
    const file = join(folder, "index.md");
    writeFileSync(`${file}~`, text);
    const at = now();
    renameSync(`${file}~`, file);
    return at;
  };
  let words = "Words number 0.";
  let script = "true # 0";
  save(index(words, script));
  const dev = stack.use(new DevProcess(root, dir, folder));
  const browser = stack.adopt(await openBrowser(), (one) => one.close());
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watchDom);
  await page.goto(await dev.link());
  const completed = '[data-testid="task-node"][data-task="verify_changing"][data-state="40"]';
  await page.locator(completed).first().waitFor({ timeout: 180_000 });
  await page
    .getByTestId("terminal")
    .filter({ hasText: "laborant" })
    .first()
    .waitFor({ timeout: LATE });
  await checkSkew(page);
  const moment = () => pause(PAUSE[0] + Math.random() * (PAUSE[1] - PAUSE[0]));
  const samples = { text: [] as number[], task: [] as number[], reload: [] as number[] };
  for (let n = 1; n <= SAVES; n++) {
    words = `Words number ${n}.`;
    await want(page, { text: words });
    await moment();
    const at = save(index(words, script));
    samples.text.push((await seen(page)) - at);
    script = `true # ${n}`;
    await moment();
    // Of what stands there now: were it counted here, one change too many would make all later samples short.
    const generation = 1 + (await generationOf(page, "verify_changing"));
    if (generation !== n) tell(`save ${n} of a task begins generation ${generation}`);
    await want(page, { task: "verify_changing", generation });
    const then = save(index(words, script));
    samples.task.push((await seen(page)) - then);
    if (n % 20 === 0) tell(`${n} of ${SAVES} saves of each kind`);
  }
  for (let n = 0; n < RELOADS; n++) {
    const at = now();
    await page.reload({ waitUntil: "commit" });
    await want(page, { text: words });
    // It may stand there before the page was told what is wanted.
    const handle = await page.waitForFunction(
      (text) =>
        document.querySelector(".p-brief")?.textContent?.includes(text) &&
        ((window as unknown as { agonSeen?: number }).agonSeen ??
          performance.timeOrigin + performance.now()),
      words,
      { timeout: LATE, polling: "raf" },
    );
    samples.reload.push(Number(await handle.jsonValue()) - at);
    await page
      .getByTestId("terminal")
      .filter({ hasText: "laborant" })
      .first()
      .waitFor({ timeout: LATE });
  }
  return samples;
}

try {
  const samples = await bench();
  const baseline = { name: "reload-to-screen", p50: percentile(samples.reload, 50) };
  const measures: Measure[] = [
    measure("text-save-to-screen", "ms", samples.text, baseline),
    measure("task-save-to-screen", "ms", samples.task, baseline),
    measure("reload-to-screen", "ms", samples.reload, baseline),
  ];
  const aims: Aim[] = [
    { name: "text-save-to-screen", p50: 1_000 },
    { name: "task-save-to-screen", p50: 1_000 },
  ];
  console.log(values.json ? measuresJson(measures) : measuresTable(measures, aims));
} catch (error) {
  console.error(`bench author: ${(error as Error).message}`);
  process.exitCode = 1;
}
