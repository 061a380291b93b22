import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { filesOnDisk, type Files } from "./files.ts";
import { readItem } from "./item.ts";
import { KINDS, PLURALS, type ArticleKind, type Kind } from "./kinds.ts";
import type { Catalogue, Challenge, ContentItem, Playground, Problem } from "./model.ts";
import { afterBases, manifestNames, readPlayground } from "./manifest.ts";

async function folders(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return [];
  return (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort();
}

/** An item that a play can be made of. */
const isPlayable = (item: ContentItem): item is ContentItem & Challenge => item.playground !== null;

/** What a folder gave, while neither it nor the playgrounds change. */
interface Kept {
  key: string;
  item: ContentItem | undefined;
  problems: Problem[];
}

/** By folder. Bounded: when it is full, everything is read once more. */
const kept = new Map<string, Kept>();
const MAX_KEPT = 20_000;

/** Reads an item, or gives what it was when nothing of it changed since. */
function readOrKept(
  files: Files,
  name: string,
  kind: ArticleKind,
  catalogue: Catalogue,
  ground: string,
): ContentItem | undefined {
  const key = `${files.stamp} ${ground} ${kind}`;
  const known = kept.get(files.root);
  if (known && known.key === key) {
    catalogue.problems.push(...known.problems);
    return known.item;
  }
  const problems: Problem[] = [];
  const item = readItem(files, name, kind, catalogue.playgrounds, problems);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(files.root, { key, item, problems });
  catalogue.problems.push(...problems);
  return item;
}

/** An empty catalogue. */
export function emptyCatalogue(): Catalogue {
  return {
    challenges: new Map(),
    playgrounds: new Map(),
    items: new Map(),
    assets: new Map(),
    problems: [],
  };
}

/** Puts an item, and its public files, into a catalogue. */
export function addItem(catalogue: Catalogue, item: ContentItem, files: Files): void {
  catalogue.items.set(`${item.kind}/${item.name}`, item);
  if (item.kind === "challenge" && isPlayable(item)) catalogue.challenges.set(item.name, item);
  addAssets(catalogue, files);
}

function addAssets(catalogue: Catalogue, files: Files): void {
  for (const path of files.paths) {
    if (!`/${path}`.includes("/__static__/") || path.endsWith(".md")) continue;
    const asset = {
      hash: files.hash(path),
      name: path.slice(path.lastIndexOf("/") + 1),
      file: join(files.root, path),
      size: files.size(path),
    };
    const known = catalogue.assets.get(asset.name);
    if (!known) catalogue.assets.set(asset.name, asset);
    else if (known.hash !== asset.hash)
      catalogue.problems.push({
        file: asset.file,
        line: 1,
        column: 1,
        severity: "warning",
        code: "AG022",
        message: `another public file is called ${asset.name}, too: ${known.file}`,
        fix: "rename one of them; machines fetch files by name alone",
      });
    catalogue.assets.set(asset.hash, asset);
  }
}

/**
 * Loads all content; what is broken is reported with its place and never stops the rest.
 * @param challengesDir folders of challenges.
 * @param playgroundsDir folders of playgrounds.
 * @param contentDir folders `tutorials`, `skill-paths` and so on, each with folders of that kind.
 */
export async function loadCatalogue(
  challengesDir: string,
  playgroundsDir: string,
  contentDir?: string,
): Promise<Catalogue> {
  const catalogue = emptyCatalogue();
  const { problems, playgrounds } = catalogue;
  const guarded = (folder: string, work: () => void) => {
    try {
      work();
    } catch (error) {
      problems.push({
        file: folder,
        line: 1,
        column: 1,
        severity: "error",
        code: "AG008",
        message: `could not be read: ${(error as Error).message}`,
        fix: "check the file and its permissions",
      });
    }
  };
  const roots: [string, Kind][] = [
    [resolve(playgroundsDir), "playground"],
    [resolve(challengesDir), "challenge"],
  ];
  if (contentDir)
    for (const kind of KINDS) {
      const root = resolve(contentDir, PLURALS[kind]);
      if (!roots.some(([known]) => known === root)) roots.push([root, kind]);
    }
  // Playgrounds first: the others are made of them.
  roots.sort(([, a], [, b]) => Number(b === "playground") - Number(a === "playground"));
  // Playgrounds are read by now whenever something is made of them.
  let ground: string | undefined;
  for (const [root, kind] of roots) {
    const names = await folders(root);
    if (kind === "playground") {
      const found: { name: string; base: string; files: Files }[] = [];
      for (const name of names)
        guarded(join(root, name), () => {
          const files = filesOnDisk(join(root, name));
          found.push({ ...manifestNames(files), files });
        });
      for (const { files } of afterBases(found))
        guarded(files.root, () => {
          const playground = readPlayground(files, problems, playgrounds);
          if (playground) playgrounds.set(playground.name, playground);
          if (playground) addAssets(catalogue, files);
        });
      continue;
    }
    for (const name of names) {
      const folder = join(root, name);
      guarded(folder, () => {
        const files = filesOnDisk(folder);
        ground ??= createHash("sha256")
          .update(JSON.stringify([...playgrounds.values()]))
          .digest("hex");
        const item = readOrKept(files, name, kind, catalogue, ground);
        if (!item) return;
        const known = catalogue.items.get(`${kind}/${name}`);
        if (known)
          problems.push({
            file: join(folder, "index.md"),
            line: 1,
            column: 1,
            severity: "error",
            code: "AG021",
            message: `${known.folder} is a ${kind} of the same name`,
            fix: "rename one of the two folders",
          });
        else addItem(catalogue, item, files);
      });
    }
  }
  return catalogue;
}

/** Loads one content folder by itself; its kind is what its front matter says. */
export function loadFolder(
  folder: string,
  name: string,
  playgrounds: Map<string, Playground>,
  problems: Problem[],
): ContentItem | undefined {
  return readItem(filesOnDisk(folder), name, undefined, playgrounds, problems);
}
