import { watch } from "chokidar";
import { isEditorsOwn } from "./editor-files.ts";

/** Milliseconds of silence before a save is read: editors write, rename and touch in one go. */
const SETTLE = 15;

/** Tells of each save of a folder, from the moment this returns until it is disposed. */
export async function watchFolder(
  folder: string,
  saved: () => void,
  failed: (error: unknown) => void,
): Promise<AsyncDisposable> {
  const watcher = watch(folder, {
    ignoreInitial: true,
    ignored: (path) => path.endsWith("~") || path.includes("/.git") || isEditorsOwn(path),
    atomic: false,
  });
  let timer: NodeJS.Timeout | undefined;
  watcher.on("all", () => {
    clearTimeout(timer);
    timer = setTimeout(saved, SETTLE);
  });
  watcher.on("error", failed);
  await new Promise<void>((ready) => watcher.once("ready", ready));
  return {
    [Symbol.asyncDispose]: async () => {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
