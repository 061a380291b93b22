import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openBrowsers } from "./browser.ts";

/** Pages of a test at most. */
const MOST = 4;

// Each try by itself: one that passes later has shown what was wrong before.
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  const folder = join(process.env["AGON_DIR"] ?? "", "pictures");
  mkdirSync(folder, { recursive: true });
  const pages = [...openBrowsers].flatMap((browser) =>
    browser.contexts().flatMap((one) => one.pages()),
  );
  const name = task.name.replaceAll(/[^\w]+/g, "-").slice(0, 60);
  for (const [at, page] of pages.slice(0, MOST).entries()) {
    const path = join(folder, `${name}-try${(task.result.retryCount ?? 0) + 1}-${at + 1}.png`);
    // A page that hangs is no reason to hang.
    const shot = await page.screenshot({ path, timeout: 5_000 }).catch(() => undefined);
    if (shot) console.log(`${task.name}: the page when it failed is ${path}`);
  }
});
