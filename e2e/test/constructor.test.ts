import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { violations } from "../src/axe.ts";
import { openBrowser } from "../src/browser.ts";
import { endpoint } from "../src/content.ts";
import { operatorLink } from "../src/operator.ts";
import { resize } from "../src/resize.ts";

const LONG = { timeout: 30_000 };
const root = join(import.meta.dirname, "../..");
const lab = `built-${randomBytes(3).toString("hex")}`;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What was built, for the tests behind the first one. */
let built = "";

const item = (name: string) => page.getByRole("group", { name, exact: true });
const fill = async (field: Locator, value: string) => {
  await field.fill(value);
  await field.press("Tab");
};
const text = () => page.getByTestId("manifest");
const yaml = () => text().inputValue();
const notice = () => page.getByTestId("constructor-notice");

/** Problems that `./agon content lint` tells of a manifest; an empty list is what an author wants to see. */
async function linted(manifest: string): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), "agon-constructor-"));
  try {
    mkdirSync(join(folder, lab));
    writeFileSync(join(folder, lab, "manifest.yaml"), manifest);
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      join(root, "front-door/src/main.ts"),
      "content",
      "lint",
      join(folder, lab),
      "--json",
    ]);
    return (JSON.parse(stdout) as { problems: unknown[] }).problems;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

beforeAll(async () => {
  browser = await openBrowser();
  context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  // A field that is not there is told soon.
  context.setDefaultTimeout(20_000);
  page = await context.newPage();
  await page.goto(`${await operatorLink()}&then=/studio/playground`);
  await text().waitFor(LONG);
});
afterAll(async () => {
  await browser.close();
});

test("two machines, a network, a drive, tabs in two panes and two init tasks are put together in the form, and lint finds nothing", async () => {
  await fill(page.getByLabel("Name", { exact: true }).first(), lab);
  await fill(page.getByLabel("Categories"), "linux, networking");
  await page.getByRole("button", { name: "Add a network" }).click();
  await fill(item("network net-01").getByLabel("Subnet"), "10.20.0.0/24");
  await fill(item("network net-01").getByLabel("Gateway"), "10.20.0.9");
  await item("network net-01").getByLabel("Private").check();
  await page.getByRole("button", { name: "Add a machine" }).click();
  const second = item("machine lab-02");
  await second.getByRole("button", { name: "Add an interface" }).click();
  await second.getByRole("combobox", { name: "eth1" }).selectOption("net-01");
  await fill(second.getByLabel("Address").nth(1), "10.20.0.12");
  await second.getByRole("button", { name: "Add a drive" }).click();
  await second.getByLabel("Read only").check();
  await fill(second.getByLabel("Welcome"), "Ask lab-01 for the key.");
  await page.getByRole("button", { name: "Add a tab" }).click();
  await page.getByRole("button", { name: "Add a tab" }).click();
  await item("tab 2").getByLabel("Kind").selectOption("http-port");
  await fill(item("tab 2").getByLabel("Label"), "Shop");
  await fill(item("tab 2").getByLabel("Port", { exact: true }), "8080");
  await item("tab 2").getByLabel("Machine").selectOption("lab-02");
  await item("tab 2").getByLabel("Pane").selectOption("right");
  await page.getByRole("button", { name: "Add an init task" }).click();
  const shop = item("init task init_01");
  await fill(shop.getByLabel("Name", { exact: true }), "init_shop");
  // Both on one machine: other platforms may refuse a need of another one, and lint says so.
  await item("init task init_ground").getByLabel("Machine").selectOption("lab-02");
  const task = item("init task init_shop");
  await task.getByLabel("Machine").selectOption("lab-02");
  await fill(task.getByLabel("Seconds at most"), "90");
  await task.getByLabel("Script").fill("mkdir -p /srv/shop\necho ready > /srv/shop/state");
  await task.getByLabel("Script").press("Tab");
  await task.getByRole("checkbox", { name: "init_ground" }).check();
  // The other one can't wait for this one as well.
  expect(
    await item("init task init_ground").getByRole("checkbox", { name: "init_shop" }).isDisabled(),
  ).toBe(true);
  await page.getByLabel("Order of init tasks").getByText("init_shop").waitFor(LONG);
  built = await yaml();
  for (const line of [
    `name: ${lab}\n`,
    "categories: [linux, networking]\nplayground:\n",
    "    - { name: net-01, subnet: 10.20.0.0/24, gateway: 10.20.0.9, private: true }\n",
    "          - network: net-01\n            address: 10.20.0.12\n",
    "          mount: /data\n          readOnly: true\n",
    "          welcome: Ask lab-01 for the key.\n",
    "      name: Shop\n      number: 8080\n      pane: right\n",
    "    init_shop:\n      init: true\n      machine: lab-02\n      run: |\n        mkdir -p /srv/shop\n        echo ready > /srv/shop/state\n      timeout_seconds: 90\n      needs: [init_ground]\n",
    "      # The root drive: its source is the image of the machine.\n",
  ])
    expect(built).toContain(line);
  await page.getByText("Nothing wrong with it.").waitFor(LONG);
  expect(await linted(built)).toEqual([]);
});

test("a change of the YAML shows in the form at once; where it is broken is told, and the form keeps what it knew", async () => {
  await text().fill(
    built
      .replace("pane: right", "pane: left # for now")
      .replace("    init_shop:", "    init_store:")
      .replace("ramSize: 512MiB }", "ramSize: 1GiB, gpu: 1 }"),
  );
  await item("init task init_store").waitFor(LONG);
  expect(await item("tab 2").getByLabel("Pane").inputValue()).toBe("left");
  expect(await item("machine lab-01").getByLabel("Memory").inputValue()).toBe("1GiB");
  // What no form knows is kept, and said.
  await item("machine lab-01").getByText("kept as it is: resources.gpu").waitFor(LONG);
  await item("tab 2").getByLabel("Pane").selectOption("right");
  expect(await yaml()).toContain("pane: right # for now");
  const good = await yaml();
  const broken = good.replace("  networks:\n", "  networks: [\n");
  await text().fill(broken);
  const form = page.getByTestId("constructor-form");
  await form.getByText(/manifest\.yaml:\d+:\d+ is no manifest/).waitFor(LONG);
  expect(await item("init task init_store").getByLabel("Script").isDisabled()).toBe(true);
  await page.getByTestId("studio-problem").getByText("AG003").first().waitFor(LONG);
  // With all of its buttons nothing of the text's head is beyond its panel.
  for (const width of [1440, 1100, 360]) {
    await resize(page, width, 900);
    const beyond = await page.locator(".yamlpanel > header").evaluate((head) => {
      const edge = head.getBoundingClientRect().right;
      const ends = [...head.querySelectorAll("button, .meta, h2")];
      return ends.filter((one) => one.getBoundingClientRect().right > edge).length;
    });
    expect(beyond, `at ${width}`).toBe(0);
  }
  await resize(page, 1440, 900);
  await page.getByRole("button", { name: /^Go to line \d+$/ }).click();
  expect(await text().evaluate((one) => one === document.activeElement)).toBe(true);
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  expect(await yaml()).toBe(good);
  expect(await item("init task init_store").getByLabel("Script").isDisabled()).toBe(false);
  // And the step again, until something else is changed.
  const redo = page.getByRole("button", { name: "Redo", exact: true });
  await redo.click();
  expect(await yaml()).toBe(broken);
  expect(await redo.isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Undo", exact: true }).click();
  await item("tab 2").getByLabel("Pane").selectOption("");
  expect(await redo.isDisabled()).toBe(true);
});

test("a new name of a machine, network or init task is followed by all that names it, in texts when the author says so", async () => {
  await text().fill(built);
  await fill(item("machine lab-02").getByLabel("Name", { exact: true }), "store-01");
  expect(await item("tab 2").getByLabel("Machine").inputValue()).toBe("store-01");
  expect(await item("init task init_shop").getByLabel("Machine").inputValue()).toBe("store-01");
  expect(await yaml()).not.toContain("lab-02");
  await notice()
    .getByText("It is followed by tab 2, init task init_ground and init task init_shop.")
    .waitFor(LONG);
  await notice().getByRole("button", { name: "Undo that" }).click();
  expect(await yaml()).toBe(built);
  // A name in a text may be a word: its author decides.
  await fill(item("machine lab-01").getByLabel("Name", { exact: true }), "vault");
  await notice().getByText("The word lab-01 stands in welcome of machine lab-02.").waitFor(LONG);
  await notice().getByRole("button", { name: "Change it there, too" }).click();
  expect(await yaml()).toBe(built.replaceAll("lab-01", "vault"));
  await fill(item("network net-01").getByLabel("Name", { exact: true }), "inner");
  expect(await item("machine lab-02").getByRole("combobox", { name: "eth1" }).inputValue()).toBe(
    "inner",
  );
  await fill(item("init task init_ground").getByLabel("Name", { exact: true }), "init_base");
  expect(
    await item("init task init_shop").getByRole("checkbox", { name: "init_base" }).isChecked(),
  ).toBe(true);
  // A name that is taken is refused, and the field says what is.
  await fill(item("machine lab-02").getByLabel("Name", { exact: true }), "vault");
  await notice().getByText("Another machine is called vault").waitFor(LONG);
  expect(await item("machine lab-02").getByLabel("Name", { exact: true }).inputValue()).toBe(
    "lab-02",
  );
  expect(await linted(await yaml())).toEqual([]);
});

test("before a machine goes, what names it is told; it goes along, or to another machine, and comes back", async () => {
  await text().fill(built);
  const remove = page.getByRole("button", { name: "Remove machine lab-02" });
  const dialog = page.getByRole("dialog", { name: "Remove lab-02?" });
  await remove.press("Enter");
  expect(await dialog.getByTestId("references").innerText()).toBe(
    "tab 2\ninit task init_ground\ninit task init_shop",
  );
  await page.keyboard.press("Escape");
  expect(await yaml()).toBe(built);
  await remove.click();
  await dialog.getByRole("button", { name: "Give them lab-01" }).click();
  expect(await item("tab 2").getByLabel("Machine").inputValue()).toBe("lab-01");
  expect(await item("init task init_shop").getByLabel("Machine").inputValue()).toBe("lab-01");
  await notice().getByRole("button", { name: "Undo that" }).click();
  expect(await yaml()).toBe(built);
  await remove.click();
  await dialog.getByTestId("remove-all").click();
  await notice()
    .getByText("lab-02 is gone, and with it tab 2, init task init_ground and init task init_shop.")
    .waitFor(LONG);
  expect(await yaml()).not.toMatch(/lab-02|initTasks|Shop/);
  expect(await linted(await yaml())).toEqual([]);
  await notice().getByRole("button", { name: "Undo that" }).click();
  expect(await yaml()).toBe(built);
});

test("it is saved, and opened again as it was written", async () => {
  await page.getByTestId("save-playground").click(LONG);
  const state = page.getByTestId("saved-state");
  await state.getByText("Saved.", { exact: true }).waitFor(LONG);
  await page.reload();
  await expect.poll(yaml, LONG).toBe(built);
  await item("init task init_shop").waitFor(LONG);
  expect(await item("tab 2").getByLabel("Pane").inputValue()).toBe("right");
  await page.getByTestId("delete-playground").click();
  await page.getByTestId("confirm").click();
  await state.getByText("Not saved.").waitFor(LONG);
});

test.each(["dark", "light"] as const)(
  "axe finds nothing in the constructor (%s), and nothing is wider than a phone",
  async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.goto(`${endpoint}/studio/playground`);
    await text().fill(built);
    await fill(item("machine lab-01").getByLabel("Name", { exact: true }), "vault");
    await notice().getByRole("button", { name: "Undo that" }).waitFor(LONG);
    await page.getByText("More", { exact: true }).first().click();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme);
    expect(await violations(page, theme)).toEqual([]);
    await page.getByRole("button", { name: "Remove network local" }).click();
    expect(await violations(page, theme)).toEqual([]);
    await page.keyboard.press("Escape");
    await resize(page, 360, 760);
    expect(
      await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      ),
    ).toBeLessThanOrEqual(0);
    expect(await violations(page, theme)).toEqual([]);
    await resize(page, 1440, 900);
  },
);
