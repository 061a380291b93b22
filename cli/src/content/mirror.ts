import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { neverMatches } from "@agon/content/access";
import { archiveFolder, buildArchive } from "@agon/content/archive";
import { filesOnDisk, type Files } from "@agon/content/files";
import { Source } from "@agon/content/source";
import { KINDS, type Kind } from "@agon/content/kinds";
import type { Problem } from "@agon/content/model";
import { showProblem } from "@agon/content/show-problem";
import { confirm } from "../ask.ts";
import { Fault } from "../fault.ts";
import { ContentStore, eachAtOnce, kindOf, md5, type StoredItem } from "./store.ts";

const store = () => new ContentStore();
/** Files whose `playground` may name archives. */
const SOURCES = /(^|\/)(?:\d+[.\-_]?)?index\.md$|^manifest\.ya?ml$/;

/** Archives that the index names and whose folders lie beside it are built anew; written only when changed. */
export function buildArchives(folder: string): string[] {
  const built: string[] = [];
  const files = filesOnDisk(folder);
  for (const path of files.paths.filter((one) => SOURCES.test(one)))
    for (const source of sourcesOf(files, path)) {
      const name = archiveFolder(source);
      const beside = dirname(path) === "." ? "" : `${dirname(path)}/`;
      if (!name || !files.paths.some((one) => one.startsWith(`${beside}${name}/`))) continue;
      const bytes = buildArchive(files, `${beside}${name}`, source);
      const at = join(folder, `${beside}${source}`);
      if (files.has(`${beside}${source}`) && files.read(`${beside}${source}`).equals(bytes))
        continue;
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, bytes);
      built.push(`${beside}${source}`);
    }
  return built;
}

/** `source:` of every startup file of an index. */
function sourcesOf(files: Files, path: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 8) return;
    for (const [key, one] of Object.entries(value))
      if (key === "source" && typeof one === "string") found.push(one);
      else walk(one, depth + 1);
  };
  walk(new Source(files, path, path.endsWith(".md"), true).data["playground"], 0);
  return [...new Set(found)];
}

/** `agon content push KIND NAME`: the arena's files become those of the folder, no more and no less. */
export async function push(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      dir: { type: "string", short: "d" },
      force: { type: "boolean", short: "f" },
      file: { type: "string", multiple: true },
    },
  });
  const kind = kindOf(positionals[0]);
  const name = positionals[1] ?? basename(resolve(values.dir ?? "."));
  const folder = resolve(values.dir ?? name);
  if (!existsSync(folder)) throw new Fault(`There is no folder ${folder}. Name it with --dir.`);
  const arena = store();
  await arena.create(kind, name);
  const allowed = async (question: string) => values.force === true || (await confirm(question));
  const chosen = (path: string) => !values.file?.length || values.file.includes(path);
  const changed = await mirror(arena, { kind, name, folder, chosen, allowed });
  const item = await arena.item(kind, name);
  for (const problem of item.problems ?? []) console.error(showProblem(problem as Problem));
  if (changed === 0) console.log("Nothing to push.");
  console.log(item.pageUrl);
  return (item.problems ?? []).some(({ severity }) => severity === "error") ? 1 : 0;
}

/** What is mirrored, and what may be overwritten and deleted on the way. */
interface Mirrored {
  kind: Kind;
  name: string;
  folder: string;
  chosen: (path: string) => boolean;
  allowed: (question: string) => Promise<boolean>;
  /** Also Markdown that cannot be read is taken, and what is wrong with it told on its page. */
  asIs?: boolean;
}

/** Makes the arena's files those of a folder. @returns how many it sent and deleted. */
export async function mirror(
  arena: ContentStore,
  { kind, name, folder, chosen, allowed, asIs = false }: Mirrored,
): Promise<number> {
  for (const built of buildArchives(folder)) console.log(`built ${built}`);
  const files = filesOnDisk(folder);
  for (const { path, why } of files.refused) console.error(`left out ${path}: ${why}`);
  const remote = new Map((await arena.files(kind, name)).map(({ path, digest }) => [path, digest]));
  const local = new Set(files.paths);
  const send = files.paths.filter(
    (path) => chosen(path) && remote.get(path) !== md5(files.read(path)),
  );
  const sending: string[] = [];
  for (const path of send)
    if (!remote.has(path) || (await allowed(`Overwrite ${path}?`))) sending.push(path);
    else console.error(`kept ${path}: add --force to overwrite it`);
  const removing: string[] = [];
  for (const path of [...remote.keys()].filter((one) => chosen(one) && !local.has(one)))
    if (await allowed(`Delete ${path} in the arena?`)) removing.push(path);
    else console.error(`kept ${path}: add --force to delete it`);
  await eachAtOnce(sending, async (path) => {
    await arena.write(kind, name, path, files.read(path), asIs);
    console.log(`pushed ${path}`);
  });
  await eachAtOnce(removing, async (path) => {
    await arena.delete(kind, name, path);
    console.log(`deleted ${path}`);
  });
  return sending.length + removing.length;
}

/** `agon content pull KIND NAME`: files that the arena has; local ones that it lacks stay. */
export async function pull(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { dir: { type: "string", short: "d" }, force: { type: "boolean", short: "f" } },
  });
  const kind = kindOf(positionals[0]);
  const name = positionals[1];
  if (!name) throw new Fault("agon content pull KIND NAME [--dir DIR] [--force]");
  const arena = store();
  const folder = resolve(values.dir ?? name);
  const files = existsSync(folder) ? filesOnDisk(folder) : undefined;
  for (const { path, digest } of await arena.files(kind, name)) {
    // A path of the arena never leads out of the folder.
    const at = join(folder, path);
    if (!at.startsWith(`${folder}/`)) throw new Fault(`${path} leads out of ${folder}.`);
    const known = files?.has(path);
    if (known && files && md5(files.read(path)) === digest) continue;
    if (known && !values.force && !(await confirm(`Overwrite ${path}?`))) {
      console.error(`kept ${path}: add --force to overwrite it`);
      continue;
    }
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, await arena.read(kind, name, path));
    console.log(`pulled ${path}`);
  }
  return 0;
}

/** `agon content list [KIND]`. */
export async function list(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: "boolean" } },
  });
  const kinds = positionals[0] ? [kindOf(positionals[0])] : KINDS;
  const items: StoredItem[] = [];
  const arena = store();
  for (const kind of kinds) items.push(...(await arena.list(kind)));
  if (values.json) console.log(JSON.stringify({ items }));
  else if (items.length === 0) console.log("You have stored nothing in the arena yet.");
  else
    for (const { kind, name, title, updatedAt, access, approved } of items)
      console.log(
        `${kind}/${name}  ${title}  ${updatedAt.slice(0, 16)}  read: ${(access["canRead"] ?? []).join(", ")}${approved ? ", in the catalogue" : ""}`,
      );
  return 0;
}

/** `agon content remove KIND NAME`. */
export async function remove(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { force: { type: "boolean", short: "f" } },
  });
  const kind = kindOf(positionals[0]);
  const name = positionals[1];
  if (!name) throw new Fault("agon content remove KIND NAME [--force]");
  const arena = store();
  const item = await arena.item(kind, name);
  if (!values.force && !(await confirm(`Remove ${kind} ${item.name} with all its versions?`)))
    throw new Fault("Nothing was removed. Add --force, or answer yes on a terminal.");
  await arena.remove(kind, name);
  console.log(`removed ${kind}/${name}`);
  return 0;
}

/** `agon content access KIND NAME [canRead=anyone,github:x …]`: shows the lists, or sets some. */
export async function access(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { approve: { type: "boolean" }, withdraw: { type: "boolean" } },
  });
  const kind = kindOf(positionals[0]);
  const name = positionals[1];
  if (!name)
    throw new Fault("agon content access KIND NAME [canRead=anyone …] [--approve|--withdraw]");
  const lists = Object.fromEntries(
    positionals.slice(2).map((pair) => {
      const [key = "", value = ""] = pair.split(/=(.*)/s);
      return [key, value.split(",").filter(Boolean)];
    }),
  );
  const approved = values.approve ? true : values.withdraw ? false : undefined;
  const arena = store();
  const item =
    Object.keys(lists).length || approved !== undefined
      ? await arena.setAccess(kind, name, lists, approved)
      : await arena.item(kind, name);
  for (const [dimension, principals] of Object.entries(item.access))
    console.log(`${dimension}: ${principals.join(", ")}`);
  for (const principal of new Set(Object.values(item.access).flat()))
    if (neverMatches(principal))
      console.error(`${principal} never matches here, because ${neverMatches(principal)}.`);
  console.log(item.approved ? "approved for the catalogue" : "not in the catalogue");
  return 0;
}
