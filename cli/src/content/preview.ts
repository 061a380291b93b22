import { existsSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { isArticleKind, type ArticleKind } from "@agon/content/kinds";
import { findItems } from "@agon/content/lint";
import type { Problem } from "@agon/content/model";
import { NAME } from "@agon/content/names";
import { showProblem } from "@agon/content/show-problem";
import { Fault } from "../fault.ts";
import { HeardWarnings } from "../heard-warnings.ts";
import { watchFolder } from "../watch-folder.ts";
import { coloured } from "../words.ts";
import { mirror } from "./mirror.ts";
import { ContentStore } from "./store.ts";

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
  await showLive(kind, folder, { once: values.once === true });
  return 0;
}

/** Shows the text of a folder on its page, and each save of it until somebody stops this. */
export async function showLive(
  kind: ArticleKind,
  folder: string,
  { once = false, part = "" } = {},
): Promise<void> {
  const name = `preview-${basename(folder).toLowerCase()}`.slice(0, 80);
  if (!NAME.test(name)) throw new Fault(`${basename(folder)} is no name for content.`);
  const arena = new ContentStore();
  await arena.create(kind, name);
  const heard = new HeardWarnings();
  const show = async (): Promise<void> => {
    const all = { chosen: () => true, allowed: () => Promise.resolve(true), asIs: true };
    await mirror(arena, { kind, name, folder, ...all });
    const problems = ((await arena.item(kind, name)).problems ?? []) as Problem[];
    const { news, old } = heard.sort(problems);
    for (const problem of news) console.error(showProblem(problem, problem.file, coloured));
    if (old) console.error(`  as before: ${old} warning${old > 1 ? "s" : ""}`);
  };
  await show();
  const signIn = process.env["AGON_SIGN_IN_URL"];
  const page = `${(await arena.item(kind, name)).pageUrl}${address(kind, part)}`;
  if (signIn)
    console.log(`Not signed in there yet? Once: ${signIn}&then=${new URL(page).pathname}`);
  console.log(page);
  if (once) return;
  console.log("The open page follows each save. Ctrl-C ends the preview and removes it.");
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => stopped.abort());
  let chain = Promise.resolve();
  const failed = (error: unknown) => console.error((error as Error).message);
  const saved = () => (chain = chain.then(show).catch(failed));
  const watched = await watchFolder(folder, saved, failed);
  try {
    // What was saved while the page was made.
    void saved();
    if (!stopped.signal.aborted)
      await new Promise<void>((resolve) =>
        stopped.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
  } finally {
    await watched[Symbol.asyncDispose]();
    await chain;
    await arena.remove(kind, name);
  }
}

/** Below an item's page: lessons have pages of their own, other parts a place on it. */
function address(kind: ArticleKind, part: string): string {
  if (!part) return "";
  return kind === "course" ? `/${part}` : `#${part.split("/").at(-1)}`;
}
