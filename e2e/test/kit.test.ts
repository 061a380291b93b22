import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { operator } from "../src/ask-operator.ts";
import { openBrowser } from "../src/browser.ts";
import { OTHER_BROWSER, SAME_BROWSER, difference, inked } from "../src/compare-pictures.ts";
import { LOOKS, STEADY, openKit, strangeFonts, type Look } from "../src/kit-page.ts";
import { photograph, photographEnlarged } from "../src/kit-pictures.ts";
import {
  advice,
  compare,
  drawnHere,
  otherBrowser,
  renewing,
  store,
  toleranceOf,
} from "../src/kit-references.ts";
import { Learner } from "../src/learner.ts";

/** Where pictures of failures go, beside those of failure-pictures.ts. */
const kept = join(process.env["AGON_DIR"] ?? "/tmp", "pictures");
/** Pixels that any specimen has beside its ground: a few letters. */
const FEWEST = 60;

let browser: Browser;
let author: Learner;

beforeAll(async () => {
  browser = await openBrowser(STEADY);
  author = await Learner.signUp(`drawer-${randomBytes(3).toString("hex")}`);
  await operator("mutation($h: String!) { setRole(handle: $h, role: author) { role } }", {
    h: author.handle,
  });
});
afterAll(() => browser?.close());

async function withKit<T>(look: Look, act: (page: Page) => Promise<T>): Promise<T> {
  const page = await openKit(browser, look, author.cookie);
  try {
    return await act(page);
  } finally {
    await page.context().close();
  }
}

test.each(LOOKS)("every specimen of the kit looks as its reference: $name", async (look) => {
  await withKit(look, async (page) => {
    expect(await strangeFonts(page), "fonts of the system in the pictures").toEqual([]);
    const pictures = await photograph(page);
    pictures.set("zoomed-image-enlarged", await photographEnlarged(page));
    const blank = [...pictures].filter(([, picture]) => inked(picture) < FEWEST);
    expect(
      blank.map(([id]) => id),
      "blank pictures",
    ).toEqual([]);
    const here = drawnHere(browser);
    if (renewing) {
      store(look.name, pictures, here);
      console.log(`${pictures.size} references of ${look.name} are renewed`);
    }
    const problems = compare(look.name, pictures, toleranceOf(here), kept);
    if (problems.length) throw new Error(`${problems.join("\n")}\n${advice(here)}`);
    if (otherBrowser(here)) console.log(`${look.name}: ${otherBrowser(here)} All looks the same.`);
  });
});

/** What somebody may break, and a specimen where it is seen. */
const CHANGES = [
  [
    "a colour of an edge",
    "task-simple-failed",
    ":root { --color-failed: oklch(0.6 0.155 24) !important }",
  ],
  [
    "a colour of a ground",
    "highlight-text-a-paragraph",
    ":root { --color-raised: oklch(0.3 0.006 260) !important }",
  ],
  ["a padding", "remark-box-warning", ".callout { padding-left: 20px !important }"],
  ["a size of letters", "card-challenge", ".md .card { font-size: 14px !important }"],
  ["a thing that is gone", "task-simple-completed", ".task .g { visibility: hidden }"],
  [
    "a word that is gone",
    "slide-show-second-slide",
    ".steps .btn:last-child { color: transparent }",
  ],
] as const;

test.each(CHANGES)("a change is told, on any version of Chromium: %s", async (_, id, style) => {
  await withKit(LOOKS[0], async (page) => {
    await page.addStyleTag({ content: style });
    const pictures = await photograph(page, [id]);
    for (const tolerance of [SAME_BROWSER, OTHER_BROWSER])
      expect(compare(LOOKS[0].name, pictures, tolerance)).toContainEqual(
        expect.stringMatching(`^${id} in dark-1440: [0-9.]+ % of its pixels differ`),
      );
  });
});

test("a change that is hardly seen is told by the version that drew the references", async () => {
  await withKit(LOOKS[1], async (page) => {
    const ids = ["card-challenge", "code-block-no-language", "details-box-folded"];
    const before = await photograph(page, ids);
    // The next step of the same grey.
    await page.addStyleTag({ content: ":root { --color-line: oklch(0.89 0.004 260) !important }" });
    const after = await photograph(page, ids);
    for (const id of ids)
      expect(difference(before.get(id)!, after.get(id)!, SAME_BROWSER)?.pixels).toBeGreaterThan(
        100,
      );
  });
});
