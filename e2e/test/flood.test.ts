import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, signUp, typeLine } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { published } from "../src/published.ts";
import { pidOf } from "../src/services.ts";

/** How long the flood lasts; a minute when somebody looks at the figures, less in every run. */
const SECONDS = Number(process.env["AGON_FLOOD_SECONDS"] ?? 10);
const LONG = { timeout: 90_000 };
const MIB = 2 ** 20;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

/** Resident memory of a process, in bytes. */
function resident(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

test("`yes` in a terminal neither grows memory nor freezes the tab, and Ctrl-C ends it", async () => {
  await published(async ({ name }) => {
    const page = await (
      await browser.newContext({ viewport: { width: 1440, height: 900 } })
    ).newPage();
    await signUp(page, endpoint, `flood-${randomBytes(3).toString("hex")}`);
    await page.goto(`${endpoint}/challenges/${name}`);
    await page.getByTestId("start-play").first().click();
    await page.waitForURL(/\/plays\//, LONG);
    const terminal = page.getByTestId("terminal").first();
    await terminal.waitFor(LONG);
    await expect.poll(() => terminal.textContent(), LONG).toContain("laborant");
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const heap = async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find((one) => one.name === "JSHeapUsedSize")!.value;
    };
    const before = { heap: await heap(), hostd: resident(pidOf("hostd")) };
    await typeLine(page, "yes");
    await expect.poll(() => terminal.textContent(), LONG).toMatch(/y\s*y\s*y/);
    const answers: number[] = [];
    const rows: string[] = [];
    const most = { heap: 0, hostd: 0 };
    for (const end = Date.now() + SECONDS * 1000; Date.now() < end;) {
      const begun = performance.now();
      // Two frames: the page paints and answers input.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      answers.push(performance.now() - begun);
      await new Promise((done) => setTimeout(done, 500));
      most.hostd = Math.max(most.hostd, resident(pidOf("hostd")));
      if (answers.length % 10 === 0) {
        const now = await heap();
        most.heap = Math.max(most.heap, now);
        rows.push(`${answers.length}: heap ${(now / MIB).toFixed(1)} MiB`);
      }
    }
    const sorted = answers.toSorted((a, b) => a - b);
    console.log(
      `${SECONDS} s of yes: two frames p50 ${sorted[sorted.length >> 1]!.toFixed(0)} ms, max ${sorted.at(-1)!.toFixed(0)} ms; ` +
        `heap ${(before.heap / MIB).toFixed(1)} → at most ${(most.heap / MIB).toFixed(1)} MiB; ` +
        `hostd ${(before.hostd / MIB).toFixed(0)} → at most ${(most.hostd / MIB).toFixed(0)} MiB`,
    );
    // A terminal that keeps everything would take megabytes a second.
    expect(most.heap - before.heap).toBeLessThan(64 * MIB);
    expect(most.hostd - before.hostd).toBeLessThan(256 * MIB);
    await page.keyboard.press("Control+c");
    await typeLine(page, "echo the-$((6*7))");
    await expect.poll(() => terminal.textContent(), LONG).toContain("the-42");
    await page.close();
  });
});
