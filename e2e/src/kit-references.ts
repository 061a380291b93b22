import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { OTHER_BROWSER, SAME_BROWSER, difference, type Tolerance } from "./compare-pictures.ts";
import { fonts } from "./kit-page.ts";

/** Where the reference pictures are kept: one folder per look. */
export const folder = join(import.meta.dirname, "../references/kit");
const manifest = join(folder, "manifest.json");

/** What renews the references. */
export const RENEW = "./agon test --only e2e --file kit --update";
/** Whether this run renews the references instead of comparing with them. */
export const renewing = process.env["AGON_TEST_UPDATE"] === "1";

/** Failed comparisons whose pictures are kept, of one look. */
const MOST = 20;

/** What drew the references. */
interface Drawn {
  chromium: string;
  fonts: Record<string, string>;
}

export const drawnHere = (browser: Browser): Drawn => ({
  chromium: browser.version(),
  fonts: fonts(),
});

/** Stores pictures as the references of a look, and takes away those of specimens that are gone. */
export function store(look: string, pictures: Map<string, Buffer>, here: Drawn): void {
  const place = join(folder, look);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  for (const [id, picture] of pictures) writeFileSync(join(place, `${id}.png`), picture);
  writeFileSync(manifest, `${JSON.stringify(here, null, 2)}\n`);
}

/** How this browser and these fonts differ from those of the references, in words; empty when they don't. */
export function otherBrowser(here: Drawn): string {
  if (!existsSync(manifest)) return "There is no manifest of references.";
  const there = JSON.parse(readFileSync(manifest, "utf8")) as Drawn;
  const words = [];
  if (there.chromium !== here.chromium)
    words.push(`Chromium ${there.chromium} drew the references, this is ${here.chromium}.`);
  const changed = Object.keys(here.fonts).filter((name) => here.fonts[name] !== there.fonts[name]);
  if (changed.length)
    words.push(`Other files than those of the references: ${changed.join(", ")}.`);
  return words.join(" ");
}

/**
 * Compares pictures with the references of a look; of what differs, the expected, the actual and
 * the difference are kept in the folder `kept`, when there is one.
 * @returns a line for each specimen that is not as it was.
 */
export function compare(
  look: string,
  pictures: Map<string, Buffer>,
  tolerance: Tolerance,
  kept?: string,
): string[] {
  const place = join(folder, look);
  const known = (existsSync(place) ? readdirSync(place) : []).map((name) =>
    name.replace(/\.png$/, ""),
  );
  const problems: string[] = known
    .filter((id) => !pictures.has(id))
    .map((id) => `${id} in ${look}: the reference has no specimen any more`);
  let failed = 0;
  const keep = (id: string, parts: Record<string, Buffer>): string => {
    if (!kept) return "no picture kept";
    if (++failed > MOST) return `no picture kept, only those of the first ${MOST}`;
    mkdirSync(kept, { recursive: true });
    const paths = Object.entries(parts).map(([part, picture]) => {
      const path = join(kept, `kit-${look}-${id}-${part}.png`);
      writeFileSync(path, picture);
      return path;
    });
    return paths.at(-1)!;
  };
  for (const [id, actual] of pictures) {
    if (!known.includes(id)) {
      problems.push(`${id} in ${look}: there is no reference: ${keep(id, { actual })}`);
      continue;
    }
    const expected = readFileSync(join(place, `${id}.png`));
    const found = difference(expected, actual, tolerance);
    if (!found) continue;
    const share = `${(found.share * 100).toFixed(found.share < 0.01 ? 3 : 1)} %`;
    problems.push(
      `${id} in ${look}: ${share} of its pixels differ (${found.pixels})${found.sizes && `, it is ${found.sizes}`}: ` +
        keep(id, { expected, actual, difference: found.picture }),
    );
  }
  return problems;
}

/** Tolerance for what draws here. */
export const toleranceOf = (here: Drawn): Tolerance =>
  otherBrowser(here) ? OTHER_BROWSER : SAME_BROWSER;

/** What a reader of a failure needs to know beside the lines of `compare`. */
export const advice = (here: Drawn): string =>
  [
    otherBrowser(here),
    "Look at the pictures. Where they are as they should be, renew the references:",
    RENEW,
  ]
    .filter(Boolean)
    .join("\n");
