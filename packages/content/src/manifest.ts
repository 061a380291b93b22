import { readAccess } from "./access.ts";
import { assetsBeside } from "./article.ts";
import { readEgress } from "./egress.ts";
import type { Files } from "./files.ts";
import { checkMachines, ownFiles, readMachine } from "./machines.ts";
import type { Machine, Playground, Problem } from "./model.ts";
import { NAME, resolveName } from "./names.ts";
import { checkNetworks, complete, readNetworks } from "./networks.ts";
import {
  MAX_MACHINES,
  checkNames,
  mergeMachines,
  readCheckpoints,
  readPlayWide,
  readViews,
} from "./playground.ts";
import { checkShape } from "./schema.ts";
import { Source } from "./source.ts";
import { readInitTasks } from "./tasks.ts";
import { asList, asMap, asText } from "./value.ts";

/** Characters of a manifest's landing page. */
const MAX_MARKDOWN = 100_000;

/** The manifest of a playground's folder. */
export function manifestOf(files: Files): string | undefined {
  return ["manifest.yaml", "manifest.yml"].find((name) => files.has(name));
}

/** What a folder's manifest says, as data; an empty map when it cannot be read. */
export function manifestData(files: Files): Record<string, unknown> {
  const path = manifestOf(files);
  return path ? new Source(files, path, false).data : {};
}

/** What a manifest is called and derived from, so that bases are read before it. */
export function manifestNames(files: Files): { name: string; base: string } {
  const data = manifestData(files);
  return { name: asText(data["name"]), base: asText(data["base"]) };
}

/**
 * Reads a playground's folder; undefined when it has no manifest, or a wrong one.
 * @param bases what it may be derived from.
 */
export function readPlayground(
  files: Files,
  problems: Problem[],
  bases: ReadonlyMap<string, Playground> = new Map(),
): Playground | undefined {
  const name = manifestOf(files);
  if (!name) return undefined;
  const source = new Source(files, name, false);
  const playground = source.failed ? undefined : readManifest(source, bases);
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

/** Things with a name, each after its base; what goes in a circle comes last, in any order. */
export function afterBases<T extends { name: string; base: string }>(all: readonly T[]): T[] {
  const byName = new Map(all.map((one) => [one.name, one]));
  const done = new Set<T>();
  const visit = (one: T, path: Set<T>): void => {
    if (done.has(one) || path.has(one)) return;
    path.add(one);
    const base = one.base ? resolveName(byName, one.base) : undefined;
    if (base) visit(base, path);
    done.add(one);
  };
  for (const one of all) visit(one, new Set());
  return [...done];
}

/** The playground that a manifest is derived from. One that is not here gives nothing. */
function readBase(source: Source, bases: ReadonlyMap<string, Playground>): Playground | undefined {
  const name = asText(source.data["base"]);
  const base = name && name !== asText(source.data["name"]) ? resolveName(bases, name) : undefined;
  // A dump names its base, too, and is whole without it (spec 3.3.1).
  if (name && !base && asList(asMap(source.data["playground"])["machines"]).length === 0)
    source.error(
      "AG090",
      ["base"],
      `the base "${name}" is not here, and no machines are listed`,
      bases.size ? `name one of ${[...bases.keys()].join(", ")}` : "list the machines",
    );
  return base;
}

function readMachines(source: Source, value: unknown): Machine[] {
  const listed = asList(value);
  if (listed.length > MAX_MACHINES)
    source.error(
      "AG033",
      ["playground", "machines"],
      `more than ${MAX_MACHINES} machines`,
      "remove some",
    );
  return listed
    .slice(0, MAX_MACHINES)
    .map((one, index) => readMachine(asMap(one), undefined, ownFiles(source, index, asMap(one))));
}

/** A manifest's playground, complete (spec 3.3): what it does not give comes from its base. */
function readManifest(
  source: Source,
  bases: ReadonlyMap<string, Playground>,
): Playground | undefined {
  const { data } = source;
  if (data["kind"] !== "playground")
    source.error("AG045", ["kind"], "kind is not playground", "write kind: playground");
  const name = asText(data["name"]);
  if (!name) source.error("AG045", ["name"], "the playground has no name", "add name:");
  else if (!NAME.test(name))
    source.error(
      "AG020",
      ["name"],
      `"${name}" is no name for an address`,
      "use lowercase letters, digits and -",
    );
  const title = asText(data["title"]);
  if (title.length < 5 || title.length > 120)
    source.warn(
      "AG013",
      ["title"],
      title ? `the title has ${title.length} characters` : "the playground has no title",
      "add title: of 5 to 120 characters",
    );
  const description = asText(data["description"]);
  if (description.length > 500)
    source.warn(
      "AG014",
      ["description"],
      `the description has ${description.length} characters`,
      "use at most 500",
    );
  const markdown = asText(data["markdown"]);
  if (markdown.length > MAX_MARKDOWN)
    source.error(
      "AG004",
      ["markdown"],
      `the text has ${markdown.length} characters`,
      `use at most ${MAX_MARKDOWN}`,
    );
  const spec = asMap(data["playground"]);
  const base = readBase(source, bases);
  if (Object.keys(spec).length === 0 && !asText(data["base"]))
    source.error("AG045", ["playground"], "there is no playground:", "add it, with machines:");
  const machines = base
    ? mergeMachines(source, spec, base, base.name)
    : readMachines(source, spec["machines"]);
  if (base && machines.length === 0 && asList(spec["machines"]).length === 0)
    source.error(
      "AG033",
      ["playground"],
      `the base ${base.name} has no machines, and none are listed`,
      "list the machines",
    );
  checkNames(source, machines);
  checkMachines(source, spec["machines"]);
  const networks =
    base && spec["networks"] === undefined ? base.networks : readNetworks(spec["networks"]);
  checkNetworks(source, networks, machines);
  const access = readAccess(source, spec);
  const rest = {
    egress: readEgress(source, spec["egress"], base?.egress),
    ...readCheckpoints(source, spec["checkpoints"], base?.checkpoints),
    ...readPlayWide(source, spec, machines, base),
    ...readViews(source, spec, machines, base),
  };
  if (source.failed) return undefined;
  const playground = complete({
    name,
    ...(base ? { base: base.name } : {}),
    title: title || name,
    description,
    categories:
      base && data["categories"] === undefined
        ? (base.categories ?? [])
        : asList(data["categories"]).map(asText).filter(Boolean),
    cover: asText(data["cover"]),
    markdown,
    ...(access ? { accessControl: access } : {}),
    machines,
    networks,
    ...rest,
    initTasks: [],
  });
  playground.initTasks = readInitTasks(source, playground, spec["initTasks"], base?.initTasks);
  return source.failed ? undefined : playground;
}
