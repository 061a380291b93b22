import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, signUp, typeLine } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { OwnChallenge } from "../src/own-challenge.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 240_000 };
const name = `files-${randomBytes(4).toString("hex")}`;
const folder = mkdtempSync(join(tmpdir(), "agon-files-"));
const MACHINES = { box: "container", virtual: "microvm" };
let own: OwnChallenge | undefined;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const machines = Object.entries(MACHINES).map(
    ([machine, backend]) =>
      `    - { name: ${machine}, backend: ${backend}, users: [{ name: laborant, default: true }], drives: [{ source: debian-12, mount: /, size: 2GiB }], network: { interfaces: [{ network: local }] } }`,
  );
  own = await OwnChallenge.publish(
    name,
    `---
kind: challenge
title: Files between a browser and machines
description: A machine of each kind, for the test of files.
categories: [linux]
tagz: [e2e]
difficulty: easy
createdAt: 2026-11-23
playground:
  name: flexbox
  machines:
${machines.join("\n")}
tasks:
  verify_never: { machine: box, run: "false" }
---

::simple-task
---
:tasks: tasks
:name: verify_never
---
#active
Never.

#completed
Done.
::
`,
  );
  browser = await openBrowser();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  await signUp(page, endpoint, `files-${randomBytes(3).toString("hex")}`);
  await page.goto(`${endpoint}/challenges/${name}`);
  await page.getByTestId("start-play").first().click();
  await page.waitForURL(/\/plays\//, LONG);
  await page.getByTestId("terminal").first().waitFor(LONG);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  own?.[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const sum = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const transfer = (text: string) => page.getByTestId("transfer").filter({ hasText: text }).first();
const shown = () => page.getByTestId("terminal").locator("visible=true").first();

/** Starts a transfer and waits for its end. @returns what the page says of it; @throws that, when it failed. */
async function ended(start: () => Promise<unknown>): Promise<string> {
  const newest = page.getByTestId("transfer").first();
  const id = () => newest.getAttribute("data-transfer", { timeout: 500 }).catch(() => null);
  const before = await id();
  await start();
  await expect.poll(id, LONG).not.toBe(before);
  await expect.poll(() => newest.getAttribute("data-state"), LONG).not.toBe("going");
  const said = (await newest.textContent()) ?? "";
  if ((await newest.getAttribute("data-state")) === "failed") throw new Error(said);
  return said;
}

const put = (file: string) => ended(() => page.getByTestId("upload").setInputFiles(file));

async function get(path: string): Promise<Buffer> {
  const saved = page.waitForEvent("download", LONG);
  saved.catch(() => undefined); // none comes when the transfer fails
  await ended(async () => {
    await page.getByTestId("download-path").fill(path);
    await page.getByTestId("download-path").press("Enter");
  });
  return readFileSync(await (await saved).path());
}

for (const machine of Object.keys(MACHINES))
  test(`files go to ${machine} and come back byte by byte; what was there stays`, async () => {
    await page.getByRole("tab", { name: machine }).click();
    await expect.poll(() => shown().textContent(), LONG).toContain("laborant");
    if (!(await page.getByTestId("files").isVisible()))
      await page.getByTestId("files-button").click();
    // Larger than all windows on the way, no multiple of a piece, and a name with everything.
    const bytes = randomBytes(3 * 2 ** 20 + 17);
    const file = join(folder, "it's a $file (1).bin");
    writeFileSync(file, bytes);
    expect(await put(file)).toContain("Now /home/laborant/it's a $file (1).bin");
    await typeLine(page, `sha256sum it*bin`);
    await expect.poll(() => shown().textContent(), LONG).toContain(sum(bytes).slice(0, 40));
    expect(sum(await get("~/it's a $file (1).bin"))).toBe(sum(bytes));
    // An empty one, and one of the same name.
    writeFileSync(file, "");
    await put(file);
    expect(await get("~/it's a $file (1).bin")).toHaveLength(0);
    expect(sum(await get("~/it's a $file (1).bin.~1~"))).toBe(sum(bytes));
  }, 200_000);

test("files are dropped on the terminal", async () => {
  await page.getByRole("tab", { name: "box" }).click();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["dropped\n"], "dropped.txt"));
    return transfer;
  });
  const panel = page.getByRole("tabpanel", { name: "box" });
  await panel.dispatchEvent("dragover", { dataTransfer: data });
  await panel.dispatchEvent("drop", { dataTransfer: data });
  await expect
    .poll(() => transfer("dropped.txt").textContent(), LONG)
    .toContain("Now /home/laborant/dropped.txt");
  expect((await get("dropped.txt")).toString()).toBe("dropped\n");
});

test("what can't be done is told; a cancelled upload leaves nothing", async () => {
  const fails = async (path: string) => {
    await page.getByTestId("download-path").fill(path);
    await page.getByTestId("download").click();
    const last = page.getByTestId("transfer").first();
    await expect.poll(() => last.getAttribute("data-state"), LONG).toBe("failed");
    return last.textContent();
  };
  expect(await fails("~/none")).toContain("There is no /home/laborant/none.");
  expect(await fails("/etc")).toContain("is a folder: pack it with tar first.");
  expect(await fails("/etc/shadow")).toContain("You may not read /etc/shadow.");
  await page.getByLabel("Upload into this folder of box").fill("/root");
  const large = join(folder, "large.bin");
  writeFileSync(large, Buffer.alloc(90 * 2 ** 20));
  await page.getByTestId("upload").setInputFiles(large);
  const last = page.getByTestId("transfer").first();
  await expect.poll(() => last.getAttribute("data-state"), LONG).toBe("failed");
  expect(await last.textContent()).toMatch(/Permission denied/);
  await page.getByLabel("Upload into this folder of box").fill("~");
  await page.getByTestId("upload").setInputFiles(large);
  await page.getByRole("button", { name: "Cancel large.bin" }).click();
  await expect.poll(() => last.textContent(), LONG).toContain("Cancelled.");
  await expect
    .poll(async () => {
      await typeLine(page, "clear; ls -A | grep -c -e large -e upload; echo end-of-list");
      await expect.poll(() => shown().textContent(), LONG).toContain("end-of-list");
      return /(\d+)\s*end-of-list/.exec((await shown().textContent()) ?? "")?.[1];
    }, LONG)
    .toBe("0");
}, 200_000);

test("the panel is used by keyboard, and fits a phone", async () => {
  await page.getByTestId("files-button").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByTestId("files").count()).toBe(0);
  await page.keyboard.press("Enter");
  await page.getByTestId("files").waitFor();
  await resize(page, 360, 740);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  expect(wide).toBe(false);
});
