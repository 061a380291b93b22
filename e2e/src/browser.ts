import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

/** Browsers of this process that are open: failure-pictures.ts looks at their pages. */
export const openBrowsers = new Set<Browser>();

/** The system's Chromium; the tests never download a browser. `more` are switches of its command line. */
export async function openBrowser(more: string[] = []): Promise<Browser> {
  const executablePath = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ].find((path) => existsSync(path));
  if (!executablePath)
    throw new Error(
      "Chromium is missing: ./agon test installs it, or install the package chromium",
    );
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-dev-shm-usage", ...more],
  });
  openBrowsers.add(browser);
  browser.once("disconnected", () => openBrowsers.delete(browser));
  return browser;
}

/** Signs up a learner on the sign-in page and waits until the arena knows them. */
export async function signUp(page: Page, endpoint: string, handle: string): Promise<void> {
  const response = await page.request.post(`${endpoint}/api/auth/sign-up/email`, {
    headers: { origin: endpoint },
    data: { email: `${handle}@example.test`, password: "correct horse 7", name: handle, handle },
  });
  if (!response.ok())
    throw new Error(`sign up of ${handle}: HTTP ${response.status()} ${await response.text()}`);
}

/** Types a line into the play page's visible terminal. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await page.getByTestId("terminal").locator("visible=true").first().click();
  await page.keyboard.type(`${line}\n`);
}
