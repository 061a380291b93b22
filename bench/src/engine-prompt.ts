import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { until } from "@agon/testing/until";
import type { Learner } from "./learner.ts";

/** The challenge in bench/content: one virtual machine, nothing to prepare. */
export const CHALLENGE = "first-prompt";
/** Milliseconds until a prompt must be there. */
const LATE = 60_000;

interface Notes {
  clicked?: number;
  prompt?: number;
}

/** Runs in the page before its own scripts: notes the click, and the first prompt in a terminal's DOM. */
function notePrompt(): void {
  const notes: Notes = {};
  Object.assign(window, { agonPrompt: notes });
  addEventListener("click", () => (notes.clicked ??= performance.now()), { capture: true });
  new MutationObserver(() => {
    if (notes.prompt !== undefined || notes.clicked === undefined) return;
    const rows = document.querySelector('[data-testid="terminal"] .xterm-rows');
    // What covers the terminal while its machine gets ready must be gone, too.
    if (
      rows &&
      !document.querySelector(".starting") &&
      /laborant@[\w-]+:~\$/.test(rows.textContent ?? "")
    )
      notes.prompt = performance.now();
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

/**
 * Waits until a machine of the arena's pool is ready; hostd tells it for ./agon status.
 * @param since unix ms of the last claim: what was told before counts the machine that is gone.
 */
async function poolReady(dir: string, since: number): Promise<void> {
  const file = join(dir, "hostd/microvm.json");
  await until(
    "a machine waits in the pool",
    () => {
      if (!existsSync(file) || statSync(file).mtimeMs <= since) return false;
      const { templates = [] } = JSON.parse(readFileSync(file, "utf8")) as {
        templates?: { poolReady: number; poolAsked: number; poolTarget: number }[];
      };
      // Others may wait, too: those that plays asked for are this bench's.
      const own = templates.filter((one) => one.poolAsked > 0);
      return own.length > 0 && own.every((one) => one.poolReady === one.poolTarget);
    },
    600,
  );
}

/**
 * One sample: a learner's page of the challenge is open, they click Start, and the prompt of their
 * machine appears in the terminal. @param since unix ms of the last claim.
 * @returns milliseconds from the click to the change of the DOM, and the unix ms of this claim.
 */
export async function clickToPrompt(
  browser: Browser,
  endpoint: string,
  dir: string,
  learner: Learner,
  since: number,
): Promise<{ ms: number; claimed: number }> {
  await poolReady(dir, since);
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
  });
  try {
    await context.addCookies(
      learner.cookie.split("; ").map((one) => {
        const at = one.indexOf("=");
        return { name: one.slice(0, at), value: one.slice(at + 1), url: endpoint };
      }),
    );
    const page = await context.newPage();
    await page.addInitScript(notePrompt);
    await page.goto(`${endpoint}/challenges/${CHALLENGE}`, {
      timeout: LATE,
      waitUntil: "networkidle",
    });
    // Not the end of it: by then the pool may be full again, and nothing more is told.
    const claimed = Date.now();
    await page.getByTestId("start-play").first().click({ timeout: LATE });
    await page.waitForFunction(
      () => (window as unknown as { agonPrompt: Notes }).agonPrompt.prompt !== undefined,
      undefined,
      { timeout: LATE, polling: 100 },
    );
    const { clicked, prompt } = await page.evaluate(
      () => (window as unknown as { agonPrompt: Notes }).agonPrompt,
    );
    const play = page.url().split("/").at(-1)!;
    await learner.end(play);
    return { ms: prompt! - clicked!, claimed };
  } finally {
    await context.close();
  }
}
