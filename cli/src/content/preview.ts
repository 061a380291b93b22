import { existsSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { isArticleKind } from "@agon/content/kinds";
import { findItems } from "@agon/content/lint";
import type { Problem } from "@agon/content/model";
import { NAME } from "@agon/content/names";
import { showProblem } from "@agon/content/show-problem";
import { watch } from "chokidar";
import { Fault } from "../fault.ts";
import { mirror } from "./mirror.ts";
import { ContentStore } from "./store.ts";

/** Milliseconds of silence before a change is shown. */
const SETTLE = 150;

/**
 * `agon content preview PATH`: the arena shows the folder as its page, to its author alone and without
 * a machine, and follows each save until it is stopped. `--once` leaves it there.
 */
export async function preview(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { once: { type: "boolean" } },
  });
  const [path] = positionals;
  if (!path || !existsSync(path)) throw new Fault("agon content preview PATH: a folder of content");
  const [found, ...others] = findItems(path);
  if (!found || others.length) throw new Fault(`There is not one item at ${path}.`);
  const { kind, folder } = found;
  if (!kind || !isArticleKind(kind))
    throw new Fault(
      "A playground has no text to show. Store it, and start it: ./agon content push playground NAME, ./agon playground start NAME",
    );
  const name = `preview-${basename(folder).toLowerCase()}`.slice(0, 80);
  if (!NAME.test(name)) throw new Fault(`${basename(folder)} is no name for content.`);
  const arena = new ContentStore();
  await arena.create(kind, name);
  const show = async (): Promise<void> => {
    const all = { chosen: () => true, allowed: () => Promise.resolve(true) };
    await mirror(arena, { kind, name, folder, ...all });
    for (const problem of (await arena.item(kind, name)).problems ?? [])
      console.error(showProblem(problem as Problem));
  };
  await show();
  const signIn = process.env["AGON_SIGN_IN_URL"];
  if (signIn) console.log(`Sign in once: ${signIn}`);
  console.log(`${(await arena.item(kind, name)).pageUrl}`);
  if (values.once) return 0;
  console.log("Reload the page after a save. Ctrl-C ends the preview and removes it.");
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => stopped.abort());
  const watcher = watch(folder, { ignoreInitial: true, ignored: (one) => one.endsWith("~") });
  try {
    await follow(watcher, show, stopped.signal);
  } finally {
    await watcher.close();
    await arena.remove(kind, name);
  }
  return 0;
}

/** Shows after each change, one showing after the other, until it is stopped. */
async function follow(
  watcher: ReturnType<typeof watch>,
  show: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let chain = Promise.resolve();
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      chain = chain.then(show).catch((error: Error) => console.error(error.message));
    }, SETTLE);
  });
  if (!signal.aborted)
    await new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true }),
    );
  clearTimeout(timer);
  await chain;
}
