import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { MachineSpec } from "@agon/protocol/host";
import { writeWhole } from "../disk.ts";
import type { Tell } from "../driver.ts";
import { shortHash } from "../names.ts";
import { fetchFile, Unfetchable, type FetchRules } from "./fetch-file.ts";

/** Attempts at one file. */
const ATTEMPTS = 4;
/** Bytes of one machine's fetched files at most. */
const MAX_TOGETHER = 32 * 2 ** 20;

/**
 * Fills in startup files that come from an address. What was fetched is kept in the play's folder until its
 * machines have it, so that a restart of hostd finds the same bytes.
 * @param fresh the machine is still to be made; else only what was kept is filled in.
 * @returns the machine as drivers make it. @throws Error in words when one can't be had.
 */
export async function withSources(
  machine: MachineSpec,
  folder: string,
  fresh: boolean,
  rules: FetchRules,
  tell: Tell,
  signal: AbortSignal,
): Promise<MachineSpec> {
  if (!machine.startupFiles.some(({ source }) => source)) return machine;
  let together = 0;
  const startupFiles = [];
  for (const file of machine.startupFiles) {
    const { source, path } = file;
    const kept = join(folder, shortHash(source));
    if (!source || (!fresh && !existsSync(kept))) {
      startupFiles.push(file);
      continue;
    }
    if (!existsSync(kept)) {
      tell(`Fetches ${source}.`);
      const fetched = await patiently(source, path, rules, signal);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeWhole(kept, fetched);
    }
    const content = readFileSync(kept);
    together += content.length;
    if (together > MAX_TOGETHER)
      throw new Error(`fetched startup files have more than ${MAX_TOGETHER} bytes together`);
    startupFiles.push({ ...file, content });
  }
  return { ...machine, startupFiles };
}

/** Lets go of what was fetched: the machines have it. Twice is the same as once. */
export function dropSources(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

async function patiently(
  source: string,
  path: string,
  rules: FetchRules,
  signal: AbortSignal,
): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchFile(source, rules, signal);
    } catch (error) {
      if (signal.aborted || error instanceof Unfetchable || attempt >= ATTEMPTS)
        throw new Error(`startup file ${path}: ${(error as Error).message}`, { cause: error });
      await pause(500 * 2 ** attempt, undefined, { signal });
    }
  }
}
