import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import type { Learner } from "./learner.ts";

/** Milliseconds until a page shows a running play. */
const OPEN = 120_000;
/** Mean milliseconds between two echoes of a page. */
const ECHO = 300;

interface Notes {
  completed: Record<string, number>;
  echoes: number[];
}

/** The system's Chromium; a bench downloads none. */
export function openBrowser(): Promise<Browser> {
  const executablePath = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ].find((path) => existsSync(path));
  if (!executablePath)
    throw new Error("Chromium is missing: ./agon bench installs the package chromium as root");
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
}

/**
 * Runs in the page before its own scripts: notes when the node of a task first has state 40
 * (unix ms with fractions), in the microtask right after the change of the DOM.
 */
function noteCompletions(): void {
  const notes: Notes = { completed: {}, echoes: [] };
  Object.assign(window, { agonBench: notes });
  const node = '[data-testid="task-node"]';
  new MutationObserver((records) => {
    const at = performance.timeOrigin + performance.now();
    for (const { type, target, addedNodes } of records)
      for (const changed of type === "attributes" ? [target] : addedNodes)
        if (changed instanceof HTMLElement)
          for (const one of [changed, ...changed.querySelectorAll<HTMLElement>(node)])
            if (one.matches(node) && one.dataset["state"] === "40")
              notes.completed[one.dataset["task"]!] ??= at;
  }).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["data-state"],
  });
}

/** Runs in the page: echoes a text through a bare WebSocket at random moments and notes the round trips. */
function echoForEver([url, mean]: [string, number]): void {
  const { agonBench } = window as unknown as { agonBench: Notes };
  const socket = new WebSocket(url);
  let sent = 0;
  const send = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    sent = performance.now();
    socket.send("echo");
  };
  socket.addEventListener("open", send);
  socket.addEventListener("message", () => {
    agonBench.echoes.push(performance.now() - sent);
    setTimeout(send, Math.random() * 2 * mean);
  });
}

/** A play page in a browser context of its own, as its learner sees it. */
export class WatchedPage implements AsyncDisposable {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a play's page and waits until it is live, its terminal answers and a task's node is running. */
  static async open(
    browser: Browser,
    endpoint: string,
    learner: Learner,
    play: string,
    task: string,
  ): Promise<WatchedPage> {
    // Without animations: drawn by the CPU that the arena under test needs, they would be measured, too.
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      reducedMotion: "reduce",
    });
    const watched = new WatchedPage(await context.newPage());
    const page = watched.#page;
    try {
      await context.addCookies(
        learner.cookie.split("; ").map((one) => {
          const at = one.indexOf("=");
          return { name: one.slice(0, at), value: one.slice(at + 1), url: endpoint };
        }),
      );
      await page.addInitScript(noteCompletions);
      await page.goto(`${endpoint}/plays/${play}`, { timeout: OPEN });
      const until = { timeout: OPEN };
      await page.locator('[data-testid="connection"][data-state="live"]').first().waitFor(until);
      await page
        .locator(`[data-testid="task-node"][data-task="${task}"][data-state="30"]`)
        .first()
        .waitFor(until);
      await page.getByTestId("terminal").filter({ hasText: "laborant" }).first().waitFor(until);
      return watched;
    } catch (error) {
      await watched[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the echoes, at random moments until the page is closed. */
  async echo(url: string): Promise<void> {
    await this.#page.evaluate(echoForEver, [url, ECHO] as [string, number]);
  }

  /** Instants (unix ms) at which tasks were completed on the page, and round trips of echoes (ms). */
  notes(): Promise<Notes> {
    return this.#page.evaluate(
      () =>
        (
          window as unknown as {
            agonBench: { completed: Record<string, number>; echoes: number[] };
          }
        ).agonBench,
    );
  }

  /** How far the browser's clock is ahead of this process (ms), by the quickest of 20 round trips, and its error. */
  async skew(): Promise<{ ahead: number; error: number }> {
    let best = { ahead: 0, error: Number.POSITIVE_INFINITY };
    for (let round = 0; round < 20; round++) {
      const before = performance.timeOrigin + performance.now();
      const there = await this.#page.evaluate(() => performance.timeOrigin + performance.now());
      const after = performance.timeOrigin + performance.now();
      const error = (after - before) / 2;
      if (error < best.error) best = { ahead: there - (before + after) / 2, error };
    }
    return best;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#page.context().close();
  }
}
