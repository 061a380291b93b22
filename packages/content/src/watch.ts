import { watch } from "chokidar";
import { loadCatalogue } from "./load.ts";
import type { Catalogue } from "./model.ts";

/** Milliseconds of silence before a changed folder is read. */
const SETTLE = 300;

/** Loads the catalogue anew whenever a file changes, and hands it over. */
export async function watchCatalogue(
  challengesDir: string,
  playgroundsDir: string,
  contentDir: string | undefined,
  onChange: (catalogue: Catalogue) => void,
): Promise<{ close(): Promise<void> }> {
  let timer: NodeJS.Timeout | undefined;
  let chain = Promise.resolve();
  const watcher = watch([challengesDir, playgroundsDir, ...(contentDir ? [contentDir] : [])], {
    ignoreInitial: true,
    ignored: (path) => path.endsWith("~") || path.includes("/.git"),
    depth: 9,
  });
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      chain = chain
        .then(async () => onChange(await loadCatalogue(challengesDir, playgroundsDir, contentDir)))
        .catch(() => undefined);
    }, SETTLE);
  });
  watcher.on("error", () => undefined); // A folder that vanished: the next change is seen again.
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
      await chain;
    },
  };
}
