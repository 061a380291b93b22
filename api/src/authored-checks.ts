import { filesFrom } from "@agon/content/files";
import type { Kind } from "@agon/content/kinds";
import { readPlayground } from "@agon/content/manifest";
import type { Playground, Problem } from "@agon/content/model";
import { INDEX, SOLUTION, UNIT } from "@agon/content/parts";
import { Source } from "@agon/content/source";
import { failure } from "./failure.ts";

/** The file that is a playground. */
export const MANIFEST = /^manifest\.ya?ml$/;

/** Refuses Markdown that cannot be read by itself; what else is wrong is told after the push. */
export function checkMarkdown(kind: Kind, path: string, bytes: Buffer): void {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const index = INDEX.test(name);
  // The text beside a manifest needs no front matter.
  const bare = !index || kind === "playground";
  const source = new Source(filesFrom("", new Map([[path, bytes]])), path, true, bare);
  const lost =
    `/${path}`.includes("/__static__/") ||
    !(
      index ||
      UNIT.test(name) ||
      SOLUTION.test(name) ||
      ["program.md", "README.md"].includes(name) ||
      source.data["kind"] === "unit"
    );
  refuse(source, path);
  if (lost)
    throw failure(
      "BAD_INPUT",
      `${path}:1:1 AG011 nothing uses this Markdown file.`,
      "Name it index.md, unit-NN.md or solution.md, or leave it out with .labctlignore.",
    );
}

/** Refuses a manifest that is no YAML. */
export function checkYaml(path: string, bytes: Buffer): void {
  refuse(new Source(filesFrom("", new Map([[path, bytes]])), path, false), path);
}

/** Refuses a manifest that does not load. */
export function checkManifest(
  files: Map<string, Buffer>,
  path: string,
  bases: ReadonlyMap<string, Playground>,
): void {
  const problems: Problem[] = [];
  readPlayground(filesFrom("", files), problems, bases);
  const broken = problems.find(({ severity }) => severity === "error");
  if (broken)
    throw failure(
      "BAD_INPUT",
      `${path}:${broken.line}:${broken.column} ${broken.code} ${broken.message}.`,
      broken.fix,
    );
}

function refuse(source: Source, path: string): void {
  const broken = source.problems.find(({ severity }) => severity === "error");
  if (broken)
    throw failure(
      "BAD_INPUT",
      `${path}:${broken.line}:${broken.column} ${broken.code} ${broken.message}.`,
      broken.fix,
    );
}
