import type { Page } from "playwright-core";

/**
 * Gives the page's window another size (CSS pixels) and waits until the page has followed it. Rules of
 * stylesheets hold at once; what a script does for a media query (the list of a play's acts folds) happens
 * when the browser reports its change, which is before the callbacks of the next frame:
 * https://html.spec.whatwg.org/multipage/webappapis.html#update-the-rendering
 */
export async function resize(page: Page, width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.evaluate(async (wanted) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    do {
      await frame();
      await frame();
    } while (innerWidth !== wanted);
  }, width);
}
