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
  await machine.getByRole("button", { name: "Add a drive" }).click();
  await machine.getByLabel("vdb mounted at").fill("/srv/data");
  await machine.getByLabel("vdb mounted at").press("Tab");
  await expect.poll(() => text.inputValue(), LONG).toContain("mount: /srv/data");
  await machine.getByRole("button", { name: "Remove vdb" }).click();
  await expect.poll(() => text.inputValue(), LONG).not.toContain("/srv/data");
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

test("a playground is saved, opened again, changed, started and deleted, with a question before", async () => {
  const lab = `lab-${randomBytes(3).toString("hex")}`;
  await page.goto(`${endpoint}/studio/playground`);
  const text = page.getByTestId("manifest");
  const state = page.getByTestId("saved-state");
  await state.getByText("Not saved.").waitFor(LONG);
  await page.getByLabel("Name", { exact: true }).first().fill(lab);
  await page.getByLabel("Name", { exact: true }).first().press("Tab");
  await page.getByTestId("save-playground").click(LONG);
  await state.getByText("Saved.", { exact: true }).waitFor(LONG);
  expect(new URL(page.url()).searchParams.get("name")).toBe(lab);
  await page.reload();
  await expect.poll(() => text.inputValue(), LONG).toContain(`name: ${lab}`);
  // The comment of the text that was saved is there: it is stored as it was written.
  expect(await text.inputValue()).toContain("# The root drive");
  await page.getByLabel("Title").fill("Another laboratory");
  await page.getByLabel("Title").press("Tab");
  await state.getByText("Changed since it was saved.").waitFor(LONG);
  expect(await page.getByTestId("start-saved").isDisabled()).toBe(true);
  await page.getByTestId("save-playground").click();
  await state.getByText("Saved.", { exact: true }).waitFor(LONG);
  await page.getByTestId("start-saved").click();
  await page.waitForURL(/\/plays\/[0-9a-f]{24}$/, LONG);
  const play = page.url().split("/").at(-1);
  await send("POST", `/api/plays/${play}/actions`, { action: "destroy" });
  await page.goto(`${endpoint}/studio/playground?name=${lab}`);
  await state.getByText("Saved.", { exact: true }).waitFor(LONG);
  await page.getByTestId("delete-playground").click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await state.getByText("Saved.", { exact: true }).waitFor(LONG);
  await page.getByTestId("delete-playground").click();
  await page.getByTestId("confirm").click();
  await state.getByText("Not saved.").waitFor(LONG);
  // What was deleted by mistake is still in the editor, and is saved again.
  expect(await text.inputValue()).toContain("title: Another laboratory");
  // The other api process hears of it a moment later.
  await expect
    .poll(
      () =>
        fetch(`${endpoint}/api/playgrounds/${lab}`, {
          headers: { authorization: `Bearer ${key}` },
        }).then(({ status }) => status),
      { timeout: 10_000 },
    )
    .toBe(404);
});
