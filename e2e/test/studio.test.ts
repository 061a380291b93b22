import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { challengeText } from "../src/dev-loop.ts";
import { operatorLink } from "../src/operator.ts";

const LONG = { timeout: 60_000 };
const name = `stored-${randomBytes(3).toString("hex")}`;
const key = readFileSync(join(process.env["AGON_DIR"] ?? "", "operator-key"), "utf8");
let browser: Browser;
let page: Page;

const send = async (method: string, path: string, body: object): Promise<void> => {
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
};
const store = (words: string) =>
  send("PUT", "/api/content/markdown", {
    kind: "challenge",
    name,
    file: "index.md",
    content: challengeText(words, { verify_it: "true" }),
  });

beforeAll(async () => {
  await send("POST", "/api/challenges", { name });
  await store("First words.");
  browser = await openBrowser();
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(`${await operatorLink()}&then=/studio`);
});
afterAll(async () => {
  await send("DELETE", `/api/challenges/${name}`, {}).catch(() => undefined);
  await browser.close();
});

test("stored content shows who finds it; a list is edited, checked while it is typed, and kept", async () => {
  const row = page.locator(`[data-testid="owned-row"][data-name="${name}"]`);
  await row.getByText("only its author").waitFor(LONG);
  await row.getByRole("button", { name: "Details" }).click();
  const list = page.locator('[data-testid="access-row"][data-list="canList"]');
  const field = list.getByRole("combobox");
  await field.fill("everyone");
  await page.getByText("“everyone” is nobody").waitFor(LONG);
  expect(await list.getByRole("button").isDisabled()).toBe(true);
  await field.fill("anyone");
  await list.getByRole("button", { name: "Save list" }).click();
  await row.getByText("waits for an operator").waitFor(LONG);
  await page.reload();
  await row.getByText("waits for an operator").waitFor(LONG);
});

test("two revisions are compared line by line", async () => {
  await store("Second words.");
  await expect
    .poll(async () => {
      await page.reload();
      const row = page.locator(`[data-testid="owned-row"][data-name="${name}"]`);
      await row.getByRole("button", { name: "Details" }).click(LONG);
      return page.getByRole("button", { name: "What changed" }).count();
    }, LONG)
    .toBeGreaterThan(0);
  await page.getByRole("button", { name: "What changed" }).first().click();
  const diff = page.getByTestId("version-diff");
  await diff.getByText("+ Second words.").waitFor(LONG);
  await diff.getByText("− First words.").waitFor(LONG);
});

test("a playground as form and as YAML: each follows the other, comments stay, and faults are told", async () => {
  await page.goto(`${endpoint}/studio/playground`);
  const text = page.getByTestId("manifest");
  const machine = page.getByRole("group", { name: "machine lab-01" });
  await machine.getByLabel("CPUs").fill("2");
  await machine.getByLabel("CPUs").press("Tab");
  await expect.poll(() => text.inputValue(), LONG).toContain("cpuCount: 2");
  expect(await text.inputValue()).toContain("# The root drive");
  await text.fill((await text.inputValue()).replaceAll("lab-01", "shop-01"));
  await page.getByRole("group", { name: "machine shop-01" }).waitFor(LONG);
  await text.fill(
    (await text.inputValue()).replace("[{ network: local }]", "[{ network: nowhere }]"),
  );
  await page.getByTestId("studio-problem").first().waitFor(LONG);
  await text.fill("kind: [");
  const form = page.getByTestId("constructor-form");
  await expect.poll(() => form.evaluate((one) => one.matches(":disabled")), LONG).toBe(true);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("group", { name: "machine shop-01" }).waitFor(LONG);
});
