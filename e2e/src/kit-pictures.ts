import type { Page } from "playwright-core";

/** Tries until two pictures in a row are equal. */
const TRIES = 5;

/**
 * A picture of each specimen of an open kit, or only of some, by the specimen's id. Each is alone in the page then:
 * how Chromium draws an edge depends on where it is, which is no business of the specimens before it.
 */
export async function photograph(page: Page, only?: string[]): Promise<Map<string, Buffer>> {
  const ids =
    only ??
    (await page
      .getByTestId("specimen")
      .evaluateAll((specimens) => specimens.map((specimen) => specimen.id)));
  const pictures = new Map<string, Buffer>();
  for (const id of ids) {
    const clip = await alone(page, id);
    pictures.set(id, await steady(id, () => page.screenshot({ clip, animations: "disabled" })));
  }
  await page.evaluate(() => document.querySelector("main")!.classList.remove("one"));
  return pictures;
}

/** Hides everything but one specimen. @returns where it is. */
function alone(page: Page, id: string) {
  return page.evaluate((wanted) => {
    for (const shown of document.querySelectorAll(".shown")) shown.classList.remove("shown");
    const specimen = document.getElementById(wanted)!;
    specimen.classList.add("shown");
    specimen.parentElement!.classList.add("shown");
    document.querySelector("main")!.classList.add("one");
    scrollTo(0, 0);
    const { x, y, width, height } = specimen.querySelector(".reading")!.getBoundingClientRect();
    if (y + height > innerHeight) throw new Error(`${wanted} is higher than the window`);
    return { x, y, width, height: Math.ceil(height) };
  }, id);
}

/** An image enlarged to the window: the only state that hides all others. */
export async function photographEnlarged(page: Page): Promise<Buffer> {
  await page.locator("#zoomed-image-as-wide-as-its-place .zoom").click();
  await page.locator("dialog.zoomed[open] img").evaluate((image) => {
    (document.activeElement as HTMLElement | null)?.blur();
    return (image as HTMLImageElement).decode();
  });
  await page.mouse.move(0, 0);
  try {
    return await steady("enlarged", () => page.screenshot({ animations: "disabled" }));
  } finally {
    await page.keyboard.press("Escape");
  }
}

/** A picture that did not change while it was taken. */
async function steady(what: string, take: () => Promise<Buffer>): Promise<Buffer> {
  let last = await take();
  for (let tries = 1; tries < TRIES; tries++) {
    const next = await take();
    if (next.equals(last)) return next;
    last = next;
  }
  throw new Error(`${what} looks otherwise in each of ${TRIES} pictures`);
}
