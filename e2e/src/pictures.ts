/**
 * Takes the pictures of docs/authoring.md from the arena that runs in AGON_DIR:
 *   AGON_DIR=.agon node e2e/src/pictures.ts [kit|dev-loop|constructor …]
 * An arena with containers is quickest: AGON_BACKENDS=container ./agon up.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "./browser.ts";
import { DevLoop } from "./dev-loop.ts";
import { operatorLink } from "./operator.ts";

const root = join(import.meta.dirname, "../..");
const LONG = { timeout: 60_000 };
const file = (name: string) => resolve(root, "docs", `${name}.png`);

const open = async (
  browser: Browser,
  colorScheme: "dark" | "light",
  width = 1440,
): Promise<Page> => {
  const viewport = { width, height: 900 };
  return (await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport })).newPage();
};
const connected = (page: Page) =>
  page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);

/** Specimens that the docs show: some of each sheet, so that a reader sees them at one glance. */
const SHOWN = {
  tasks: [
    "task-simple-created",
    "task-simple-blocked",
    "task-simple-running-with-a-reason",
    "task-simple-failed",
    "task-simple-completed",
    "task-input-running",
    "task-input-answered",
  ],
  components: [
    "remark-box-warning",
    "highlight-text-a-paragraph",
    "hint-box-folded",
    "details-box-open",
    "tabbed-second-tab",
    "image-box-framed-at-the-right-with-a-caption",
    "slide-show-first-slide",
    "card-challenge",
    "grid-three-cards",
  ],
};

/** Components of a text, in both looks. */
async function kit(browser: Browser): Promise<void> {
  for (const [sheet, look] of [
    ["tasks", "dark"],
    ["components", "light"],
  ] as const) {
    const page = await open(browser, look, 800);
    await page.goto(`${await operatorLink()}&then=/kit`);
    await page.locator('main[data-acted="true"]').waitFor(LONG);
    const shown = SHOWN[sheet].map((id) => `#${id}`).join();
    await page.addStyleTag({ content: `.specimen:not(${shown}) { display: none }` });
    await page.locator(`#kit-${sheet}`).screenshot({ path: file(`kit-${sheet}`) });
  }
}

/** A draft after a save: what is wrong, what needs fresh machines, and the debugger. */
async function devLoop(browser: Browser): Promise<void> {
  const text = readFileSync(join(root, "challenges/deploy-key-refused/index.md"), "utf8");
  await using dev = new DevLoop("deploy-key-refused", text);
  const page = await open(browser, "light");
  await page.goto(await dev.link());
  await connected(page);
  await page.getByTestId("task-run").first().waitFor(LONG);
  dev.save("index.md", text.replace("exec 3>&1 1>&2", "exec 3>&1 1>&2  # once more"));
  await page.getByTestId("draft-fresh").waitFor(LONG);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: file("dev-loop") });
}

/** A new name of a machine, and what followed it. */
async function constructorForm(browser: Browser): Promise<void> {
  const page = await open(browser, "light");
  await page.goto(`${await operatorLink()}&then=/studio/playground`);
  const text = page.getByTestId("manifest");
  await text.waitFor(LONG);
  await page.getByRole("button", { name: "Add a tab" }).click();
  await page
    .getByRole("group", { name: "machine lab-01", exact: true })
    .getByLabel("Name", { exact: true })
    .fill("server");
  await page.keyboard.press("Tab");
  await page.getByTestId("constructor-notice").getByText("server").waitFor(LONG);
  await page.getByText("Nothing wrong with it.").waitFor(LONG);
  await text.evaluate((area) => (area.scrollTop = 0));
  await page.evaluate(() => scrollTo(0, 420));
  await page.screenshot({ path: file("constructor") });
}

const takes = { kit, "dev-loop": devLoop, constructor: constructorForm };
const wanted = process.argv.slice(2);
const browser = await openBrowser();
try {
  for (const [name, take] of Object.entries(takes))
    if (wanted.length === 0 || wanted.includes(name)) await take(browser);
} finally {
  await browser.close();
}
