import closeWithGrace from "close-with-grace";
import type { Logger } from "./log.ts";

/** Runs the closers in order on SIGTERM, SIGINT or an uncaught error, within 10 s. */
export function onStop(log: Logger, ...closers: (() => unknown)[]): void {
  closeWithGrace({ delay: 10_000 }, async ({ err, signal }) => {
    if (err) log.fatal(err, "stopping after an uncaught error");
    else log.info({ signal }, "stopping");
    for (const close of closers) await close();
  });
}
