import { imageSizeFromFile } from "image-size/fromFile";
import type { Content } from "./content.ts";

/** A public file of a text, as a page needs it. */
export interface PublicFile {
  /** Below `__static__`, as texts name it. */
  path: string;
  /** With the hash of its bytes: a changed file has another address. */
  url: string;
  width: number | null;
  height: number | null;
}

const IMAGE = /\.(?:png|jpe?g|gif|webp|avif|svg)$/i;
type Size = { width: number; height: number } | null;
/** Sizes by hash: equal bytes, equal size. Bounded. */
const sizes = new Map<string, Promise<Size>>();

function sizeOf(file: string, hash: string): Promise<Size> {
  let known = sizes.get(hash);
  if (!known) {
    known = imageSizeFromFile(file).then(
      ({ width, height }) => ({ width, height }),
      // No image, whatever it is called.
      () => null,
    );
    if (sizes.size > 10_000) sizes.clear();
    sizes.set(hash, known);
  }
  return known;
}

export function publicUrl(hash: string, path: string): string {
  return `/__static__/${hash}/${encodeURIComponent(path.slice(path.lastIndexOf("/") + 1))}`;
}

/** The files of a text with the sizes of its images, so that a page keeps their place. */
export function publicFiles(
  content: Content,
  assets: Record<string, string>,
): Promise<PublicFile[]> {
  return Promise.all(
    Object.entries(assets).map(async ([path, hash]) => {
      const known = IMAGE.test(path) ? content.catalogue.assets.get(hash) : undefined;
      const size = known ? await sizeOf(known.file, hash) : null;
      return {
        path: path.replace(/^__static__\//, ""),
        url: publicUrl(hash, path),
        width: size?.width ?? null,
        height: size?.height ?? null,
      };
    }),
  );
}

/** Address of a cover: a public file, or an address of its own; empty when there is none. */
export function coverUrl(cover: string, assets: Record<string, string>): string {
  if (/^https?:\/\//.test(cover)) return cover;
  const hash = assets[cover] ?? assets[`__static__/${cover}`];
  return hash ? publicUrl(hash, cover) : "";
}
