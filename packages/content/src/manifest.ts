import type { Files } from "./files.ts";
import type { Playground, Problem } from "./model.ts";
import { assetsBeside } from "./article.ts";
import { readManifest } from "./playground.ts";
import { checkShape } from "./schema.ts";
import { Source } from "./source.ts";

/** The manifest of a playground's folder. */
export function manifestOf(files: Files): string | undefined {
  return ["manifest.yaml", "manifest.yml"].find((name) => files.has(name));
}

/** Reads a playground's folder; undefined when it has no manifest, or a wrong one. */
export function readPlayground(files: Files, problems: Problem[]): Playground | undefined {
  const name = manifestOf(files);
  if (!name) return undefined;
  const source = new Source(files, name, false);
  const playground = source.failed ? undefined : readManifest(source);
  checkShape(source, "manifest");
  const text =
    playground && files.has("index.md") ? new Source(files, "index.md", true, true) : null;
  problems.push(...source.problems, ...(text?.problems ?? []));
  return (
    playground && {
      ...playground,
      ...(text ? { markdown: text.body } : {}),
      assets: assetsBeside(source),
      folder: files.root,
    }
  );
}
