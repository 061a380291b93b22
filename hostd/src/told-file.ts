import { join } from "node:path";
import type { Logger } from "@agon/daemon/log";
import { writeWhole } from "./disk.ts";

/** Milliseconds between two looks. */
const LOOK = 2_000;

/** Keeps a file for ./agon status up to date: JSON of what is told, written as often as it changes. */
export function tellInFile(folder: string, name: string, what: () => unknown, log: Logger): void {
  let told = "";
  const tell = async () => {
    const text = JSON.stringify(await what());
    if (text !== told) writeWhole(join(folder, name), text);
    told = text;
  };
  const run = () =>
    void tell().catch((error: unknown) => log.warn({ err: error, name }, "status was not written"));
  run();
  setInterval(run, LOOK).unref();
}
