import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, signUp } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { Learner } from "../src/learner.ts";

const agon = resolve(import.meta.dirname, "../../agon");
const run = promisify(execFile);
const LONG = { timeout: 90_000 };

interface Trace {
  play: string;
  events: {
    task: string;
    state: number;
    pages: number;
    hops: { name: string; at: number | null; ms: number | null; note: string }[];
  }[];
}
const trace = async (...args: string[]): Promise<Trace> =>
  JSON.parse((await run(agon, ["trace", ...args, "--json"])).stdout) as Trace;
const names = ["examiner", "hostd", "log", "frame", "dom"];

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

test("a live event is traced through its five hops, in order; without a page the last two are unknown", async () => {
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  await signUp(page, endpoint, `tracy-${randomBytes(3).toString("hex")}`);
  await page.goto(`${endpoint}/challenges/log-report-script`);
  await page.getByTestId("start-play").first().click();
  await page.waitForURL(/\/plays\//, LONG);
  const play = page.url().split("/").at(-1)!;
  const node = (state: number) =>
    page.locator(`[data-testid="task-node"][data-task="verify_script"][data-state="${state}"]`);
  await node(30).first().waitFor(LONG);
  const terminal = page.getByTestId("terminal").filter({ hasText: "laborant" }).first();
  await terminal.waitFor(LONG);

  const waiting = run(agon, ["trace", play, "verify_script", "--next", "--json"]);
  await once(waiting.child.stderr!, "data");
  await terminal.click();
  await page.keyboard.type("printf '#!/bin/bash\\n' > report.sh; chmod +x report.sh\n");
  await node(40).first().waitFor(LONG);
  const next = JSON.parse((await waiting).stdout) as Trace;
  expect(next.events[0]?.task).toBe("verify_script");

  const { events } = await trace(play, "verify_script");
  expect(events).toHaveLength(1);
  const [event] = events;
  expect(event).toMatchObject({ task: "verify_script", state: 40, pages: 1 });
  expect(event!.hops.map((hop) => hop.name)).toEqual(names);
  const instants = event!.hops.map((hop) => hop.at);
  for (const at of instants) expect(at).toBeTypeOf("number");
  expect(instants).toEqual(instants.toSorted((a, b) => a! - b!));

  await page.goto(`${endpoint}/challenges`);
  const alone = (await trace(play, "verify_script")).events[0]!;
  expect(alone.hops.map((hop) => hop.at !== null)).toEqual([true, true, true, false, false]);
  expect(alone.hops[4]!.note).toMatch(/no page/);
  await page.goto(`${endpoint}/plays/${play}`);
  await page.getByTestId("end-play").first().click();
  await page.locator('dialog[open] [data-testid="confirm"]').click();
  await page.getByText(/gone/).first().waitFor(LONG);
  await page.context().close();
});

test("trace says what is wrong with what it was given", async () => {
  const refused = async (...args: string[]) =>
    run(agon, ["trace", ...args]).then(
      () => "",
      (error: { stderr: string }) => error.stderr,
    );
  expect(await refused("p-none", "verify_script")).toMatch(/There is no play p-none/);
  expect(await refused()).toMatch(/Usage/);
  const learner = await Learner.signUp(`tracy-${randomBytes(3).toString("hex")}`);
  const play = await learner.start("log-report-script");
  expect(await refused(play, "no_such")).toMatch(/verify_script/);
  await learner.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: play });
});
