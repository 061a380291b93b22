import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { endpoint } from "./content.ts";

/** In which pictures are taken. A phone's looks differ from a desk's in sizes, not in colours. */
export const LOOKS = [
  { name: "dark-1440", theme: "dark", width: 1440 },
  { name: "light-1440", theme: "light", width: 1440 },
  { name: "dark-360", theme: "dark", width: 360 },
] as const;
export type Look = (typeof LOOKS)[number];

/** Chromium with as little of its computer in its pictures as it can have. */
export const STEADY = [
  "--disable-gpu",
  "--disable-lcd-text",
  "--disable-partial-raster",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
];

// A system has other fonts than the next one: pictures have those of the package fonts-dejavu-core.
const FOLDER = "/usr/share/fonts/truetype/dejavu";
const FACES = [
  { family: "Kit Sans", file: "DejaVuSans.ttf", weight: 400 },
  { family: "Kit Sans", file: "DejaVuSans-Bold.ttf", weight: 600 },
  { family: "Kit Mono", file: "DejaVuSansMono.ttf", weight: 400 },
  { family: "Kit Mono", file: "DejaVuSansMono-Bold.ttf", weight: 600 },
];

function fontFile(name: string): Buffer {
  try {
    return readFileSync(`${FOLDER}/${name}`);
  } catch (cause) {
    throw new Error(
      `${FOLDER}/${name} is missing: ./agon test installs it, or install the package fonts-dejavu-core`,
      { cause },
    );
  }
}

/** Fonts of the pictures, by the hashes of their files. */
export const fonts = (): Record<string, string> =>
  Object.fromEntries(
    FACES.map(({ file }) => [
      file,
      createHash("sha256").update(fontFile(file)).digest("hex").slice(0, 16),
    ]),
  );

const STYLE = `
${FACES.map(
  ({ family, file, weight }) =>
    `@font-face { font-family: "${family}"; font-weight: ${weight}; src: url("/kit-fonts/${file}"); }`,
).join("\n")}
:root { --font-sans: "Kit Sans" !important; --font-mono: "Kit Mono" !important; }
* { caret-color: transparent !important; }
header.top { display: none !important; }
main.one > :not(.shown), main.one .specimen:not(.shown) { display: none !important; }
`;

/** Opens the kit as its pictures show it: signed in by `cookie`, with everything in it drawn. */
export async function openKit(browser: Browser, look: Look, cookie: string): Promise<Page> {
  const context = await browser.newContext({
    bypassCSP: true,
    colorScheme: look.theme,
    deviceScaleFactor: 1,
    locale: "en-GB",
    reducedMotion: "reduce",
    timezoneId: "UTC",
    viewport: { width: look.width, height: 1200 },
  });
  await context.addCookies(
    cookie.split("; ").map((one) => ({
      name: one.slice(0, one.indexOf("=")),
      value: one.slice(one.indexOf("=") + 1),
      url: endpoint,
    })),
  );
  await context.route("**/kit-fonts/*", (route) =>
    route.fulfill({
      body: fontFile(new URL(route.request().url()).pathname.split("/").at(-1)!),
      contentType: "font/ttf",
    }),
  );
  const page = await context.newPage();
  await page.goto(`${endpoint}/kit`, { waitUntil: "load" });
  await page.addStyleTag({ content: STYLE });
  await page.locator('main[data-acted="true"]').waitFor({ timeout: 100_000 });
  await settle(page);
  return page;
}

/** Waits until fonts and images are there. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await Promise.all([...document.fonts].map((font) => font.load()));
    await Promise.all(
      [...document.images].map((image) => {
        image.loading = "eager";
        // One that is missing is shown as missing.
        return image.decode().catch(() => undefined);
      }),
    );
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    await frame();
    await frame();
  });
}

/** Which fonts the page's words are drawn with, that are not ours. */
export async function strangeFonts(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  try {
    await devtools.send("DOM.enable");
    await devtools.send("CSS.enable");
    const { root } = await devtools.send("DOM.getDocument");
    const { nodeId } = await devtools.send("DOM.querySelector", {
      nodeId: root.nodeId,
      selector: "main",
    });
    const { fonts: used } = await devtools.send("CSS.getPlatformFontsForNode", { nodeId });
    return used.filter((font) => !font.isCustomFont).map((font) => font.familyName);
  } finally {
    await devtools.detach();
  }
}
