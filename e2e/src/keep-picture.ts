import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** A picture of a page for people who look at them: nothing is compared. Beside the other artefacts of a run. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = join(process.env["AGON_ARTIFACTS"] ?? "/tmp", "pages");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
