/**
 * Takes the pictures of docs/ from the arena that runs in AGON_DIR:
 *   AGON_DIR=.agon node e2e/src/pictures.ts [play|kit|dev-loop …]
 * An arena with containers is quickest: AGON_BACKENDS=container ./agon up.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { openBrowser, signUp, typeLine } from "./browser.ts";
import { DevLoop } from "./dev-loop.ts";
import { operatorLink } from "./operator.ts";
import { envOf } from "./services.ts";

const root = join(import.meta.dirname, "../..");
const LONG = { timeout: 60_000 };
const endpoint = `http://127.0.0.1:${envOf("gateway")["PORT"]}`;
const file = (name: string) => resolve(root, "docs", `${name}.png`);

const open = async (browser: Browser, colorScheme: "dark" | "light"): Promise<Page> => {
  const viewport = { width: 1440, height: 900 };
  return (await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport })).newPage();
};
const node = (page: Page, task: string, state: number) =>
  page.locator(`[data-testid="task-node"][data-task="${task}"][data-state="${state}"]`).first();
const connected = (page: Page) =>
  page.locator('[data-terminal-state="connected"]').first().waitFor(LONG);

/** A play half done: checks, a terminal, the graph. */
async function play(browser: Browser): Promise<void> {
  const page = await open(browser, "dark");
  await signUp(page, endpoint, `ada-${randomBytes(3).toString("hex")}`);
  const started = await page.request.post(`${endpoint}/graphql`, {
    headers: { origin: endpoint },
    data: { query: 'mutation { startPlay(challenge: "two-sides-of-a-link") { id } }' },
  });
  const { id } = ((await started.json()) as { data: { startPlay: { id: string } } }).data.startPlay;
  await page.goto(`${endpoint}/plays/${id}`);
  await connected(page);
  await page.getByRole("tab", { name: "server" }).click();
  await page.getByTestId("terminal").filter({ hasText: "@server" }).first().waitFor(LONG);
  const shell = page.getByTestId("terminal").locator("visible=true").first();
  // Each line once the one before it told something.
  for (const [line, tells] of [
    ["cat /etc/prices/prices.conf", "token_file="],
    ["sudo sed -i 's/^bind=.*/bind=0.0.0.0/' /etc/prices/prices.conf", "bind=0.0.0.0"],
    ["sudo systemctl enable --now prices && sudo systemctl restart prices", "Created symlink"],
    ["ss -ltn", "0.0.0.0:9000"],
  ] as const) {
    await typeLine(page, line);
    await shell.filter({ hasText: tells }).waitFor(LONG);
  }
  await node(page, "verify_listening", 40).waitFor(LONG);
  await node(page, "verify_enabled", 40).waitFor(LONG);
  await node(page, "verify_fetched", 30).waitFor(LONG);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: file("play") });
  await page.request.post(`${endpoint}/graphql`, {
    headers: { origin: endpoint },
    data: { query: "mutation($id: ID!) { endPlay(id: $id) { id } }", variables: { id } },
  });
}

/** Components of a text, in both looks. */
async function kit(browser: Browser): Promise<void> {
  for (const [sheet, look] of [
    ["tasks", "dark"],
    ["components", "light"],
  ] as const) {
    const page = await open(browser, look);
    await page.goto(`${await operatorLink()}&then=/kit`);
    const text = page.locator(`#kit-${sheet} .reading`);
    await text.waitFor(LONG);
    await text.screenshot({ path: file(`kit-${sheet}`) });
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

const takes = { kit, play, "dev-loop": devLoop };
const wanted = process.argv.slice(2);
const browser = await openBrowser();
try {
  for (const [name, take] of Object.entries(takes))
    if (wanted.length === 0 || wanted.includes(name)) await take(browser);
} finally {
  await browser.close();
}
