import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { INPUT_BYTES } from "./limits.ts";

/** What is wrong with a learner's input; empty = nothing. */
export function inputFault(value: Buffer): string {
  if (value.length > INPUT_BYTES) return `an input has at most ${INPUT_BYTES} bytes`;
  return value.includes(0) ? "an input must not hold a NUL byte" : "";
}

/** Writes an input to where its task wants it. @returns what is wrong, or an empty string. */
export function writeInput(path: string, value: Buffer): string {
  if (!path.startsWith("/")) return "";
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, value, { mode: 0o644 });
    chmodSync(path, 0o644);
    return "";
  } catch (error) {
    return `${path} could not be written: ${(error as Error).message}`;
  }
}
