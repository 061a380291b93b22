import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { LiveCopy } from "./live-copy.ts";
import { keepMemory } from "./template-memory.ts";

/** The memory in a checkpoint: whole, or only what differs from its template's (guest/memory-delta.c). */
const WHOLE = "memory";
const DELTA = "memory.delta";

/** How the program ends when nothing can make that memory any more. */
const LOST = 4;
/** Milliseconds that making a memory may take: it is read and written on a disk that others use, too. */
const MADE = 120_000;

/** Programs that copy memory. */
export interface CopyPrograms {
  /** guest/copy-live.c */
  whole: string;
  /** guest/memory-delta.c */
  delta: string;
  /** Folder of what brings them to the disk. */
  tools: string;
}

/** What a checkpoint's memory stands on is gone, or it is torn itself. */
export class MemoryLost extends Error {
  override readonly name = "MemoryLost";
}

/** Whether the memory in this folder stands on its template's. */
export function isDelta(folder: string): boolean {
  return existsSync(join(folder, DELTA));
}

/**
 * Begins to copy the memory of a running machine.
 * @param machine its folder. @param to folder of the checkpoint.
 * @param template what its memory came from: only what differs is stored, if that is there.
 */
export async function beginMemory(
  programs: CopyPrograms,
  machine: string,
  to: string,
  template: string | undefined,
): Promise<LiveCopy> {
  const memory = join(machine, "memory");
  const base = template && keepMemory(template, machine);
  if (!base) return LiveCopy.begin(programs.whole, [memory, join(to, WHOLE)]);
  return LiveCopy.begin(programs.delta, ["take", base, memory, join(to, DELTA)]);
}

/**
 * Makes the memory of a machine as it was at a checkpoint of which {@link isDelta} is true.
 * @param at folder of the checkpoint. @param to the memory's file.
 * @throws MemoryLost
 */
export async function takeMemory(
  programs: CopyPrograms,
  at: string,
  template: string,
  to: string,
): Promise<void> {
  const base = join(template, "memory");
  const args = ["rebuild", base, join(at, DELTA), to];
  const { exitCode, stderr } = await execa(programs.delta, args, { reject: false, timeout: MADE });
  if (exitCode === LOST) throw new MemoryLost(stderr);
  if (exitCode !== 0) throw new Error(`the memory of a checkpoint could not be made: ${stderr}`);
}
