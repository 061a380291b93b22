import type { Addresses } from "./document";
import { PLURALS, isKind, kindOfPlural } from "@agon/content/kinds";
import type { Asset, Reference } from "~/live/types";
import type { Scene } from "./scene";

export const ORIGIN = "https://labs.iximiuz.com";

/** `_` and `-` are one, and a suffix of 8 hex digits may be there or not (spec 1.2, 2.4). */
const bare = (name: string) => name.replaceAll("_", "-").replace(/-[0-9a-f]{8}$/, "");

function find(scene: Scene, kind: string, name: string): Reference | undefined {
  const some = scene.references.filter((one) => one.kind === kind);
  return (
    some.find((one) => one.name === name.replaceAll("_", "-")) ??
    some.find((one) => bare(one.name) === bare(name))
  );
}

/** Where content of a kind is shown. */
export function contentPath(kind: string, name: string): string {
  return `/${isKind(kind) ? PLURALS[kind] : `${kind}s`}/${name}`;
}

/** Page of what a play is made of: a challenge's name, or `kind/name` and perhaps a part. */
export function playPath(key: string): string {
  // A draft has no page but its play.
  if (key.startsWith("draft:")) return "/challenges";
  if (!key.includes("/")) return contentPath("challenge", key);
  const [kind = "", ...rest] = key.split("/");
  return contentPath(kind, kind === "course" ? rest.join("/") : (rest[0] ?? ""));
}

/** The referenced content that `challenges.fix-dns` means, and its address at the origin. */
export function referenced(
  scene: Scene,
  path: string,
): { item: Reference | undefined; origin: string } {
  const [segment = "", ...rest] = path.split(".");
  const name = rest.join(".");
  const kind = kindOfPlural(segment.replaceAll("_", "-")) ?? segment;
  const item = find(scene, kind, name);
  return { item, origin: `${ORIGIN}/${segment.replaceAll("_", "-")}/${name.replaceAll("_", "-")}` };
}

/** The file that an address means; a bare file name is looked up, too (spec 8.7). */
export function assetOf(scene: Scene, src: string): Asset | undefined {
  if (/^[a-z]+:|^\//i.test(src)) return undefined;
  const path = src.replace(/^\.\//, "").replace(/^__static__\//, "");
  return scene.assets.find((asset) => asset.path === path);
}

/** Addresses of a text as this arena has them. */
export function addressesIn(scene: Scene): Addresses {
  const file = (src: string) => {
    const asset = assetOf(scene, src);
    return asset?.url ?? (src.startsWith("__static__/") ? `/${src}` : src);
  };
  return {
    link: (href) => {
      const [, segment, name, rest] =
        /^https?:\/\/labs\.iximiuz\.com\/([a-z-]+)\/([\w-]+)([/?#].*)?$/.exec(href) ?? [];
      const kind = segment && kindOfPlural(segment);
      const item = kind && find(scene, kind, name!);
      return item ? `${contentPath(item.kind, item.name)}${rest ?? ""}` : file(href);
    },
    image: (src) => {
      const asset = assetOf(scene, src);
      return {
        url: file(src),
        ...(asset?.width && asset.height ? { width: asset.width, height: asset.height } : {}),
      };
    },
  };
}
