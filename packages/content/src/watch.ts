import { watch } from "chokidar";
import { loadCatalogue } from "./load.ts";
import type { Catalogue } from "./model.ts";

/** Milliseconds of silence before a changed folder is read. */
const SETTLE = 300;

/** Loads the catalogue anew whenever a file changes, and hands it over. */
export async function watchCatalogue(
  contentDir: string,
  playgroundsDir: string,
  onChange: (catalogue: Catalogue) => void,
): Promise<{ close(): Promise<void> }> {
  let timer: NodeJS.Timeout | undefined;
  let chain = Promise.resolve();
  const watcher = watch([contentDir, playgroundsDir], {
    ignoreInitial: true,
    ignored: (path) => path.endsWith("~") || path.includes("/.git"),
    depth: 6,
  });
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      chain = chain
        .then(async () => onChange(await loadCatalogue(contentDir, playgroundsDir)))
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
