import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

/** Side of the square in which pixels that differ are counted: a glyph is as large. */
const SQUARE = 16;

/** How much two pictures may differ. */
export interface Tolerance {
  /** Distance of two colours that still count as one: 1 is black against white (OKLab, HyAB). */
  colour: number;
  /** Whether edges of letters and round corners may be drawn otherwise. */
  edges: boolean;
  /**
   * Pixels that may differ in any square of 16 × 16. Noise is thin everywhere, what somebody
   * changed is dense somewhere, in a picture of any size.
   */
  inSquare: number;
}

/** One browser with the same fonts draws the same pixels; another processor may round some otherwise. */
export const SAME_BROWSER: Tolerance = { colour: 0.01, edges: false, inSquare: 4 };
/**
 * Another version draws edges otherwise. Drawn by the GPU's code instead of the processor's, no
 * square has more than 3 pixels; a word that is gone has 53, one edge in another colour 41.
 */
export const OTHER_BROWSER: Tolerance = { colour: 0.04, edges: true, inSquare: 24 };

export interface Difference {
  /** Pixels that differ, of those of both pictures laid over each other. */
  pixels: number;
  share: number;
  /** How the sizes differ, in words; empty when they don't. */
  sizes: string;
  /** The picture with what differs in red. */
  picture: Buffer;
}

/** Compares two PNGs. @returns undefined when they look the same. */
export function difference(
  expected: Buffer,
  actual: Buffer,
  tolerance: Tolerance,
): Difference | undefined {
  if (expected.equals(actual)) return undefined;
  const [before, after] = [PNG.sync.read(expected), PNG.sync.read(actual)];
  const width = Math.max(before.width, after.width);
  const height = Math.max(before.height, after.height);
  const drawn = new PNG({ width, height });
  const count = (windowSize: number) =>
    pixelmatch(
      spread(before, width, height).data,
      spread(after, width, height).data,
      drawn.data,
      width,
      height,
      { threshold: tolerance.colour, includeAA: !tolerance.edges, windowSize },
    );
  const sizes =
    before.width === after.width && before.height === after.height
      ? ""
      : `${after.width} × ${after.height} px instead of ${before.width} × ${before.height}`;
  if (!sizes && count(SQUARE) <= tolerance.inSquare) return undefined;
  const pixels = count(Infinity);
  return { pixels, share: pixels / (width * height), sizes, picture: PNG.sync.write(drawn) };
}

/** A picture on a larger, transparent ground. */
function spread(picture: PNG, width: number, height: number): PNG {
  if (picture.width === width && picture.height === height) return picture;
  const ground = new PNG({ width, height });
  PNG.bitblt(picture, ground, 0, 0, picture.width, picture.height, 0, 0);
  return ground;
}

/** Pixels that have another colour than most have: a blank picture has none. */
export function inked(picture: Buffer): number {
  const { data } = PNG.sync.read(picture);
  const counts = new Map<number, number>();
  for (let at = 0; at < data.length; at += 4) {
    const colour = data.readUInt32BE(at);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return data.length / 4 - Math.max(...counts.values());
}
