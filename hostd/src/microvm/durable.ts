import { readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";

/** On disk, not only in the computer's memory. */
export async function durable(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The same of large files that nobody waits for: what tasks of plays tell meanwhile comes to the same
 * disk, and is not to wait for all of them (guest/flush.c).
 * @param tools folder with the program.
 */
export async function durableFiles(tools: string, files: string[]): Promise<void> {
  await execa(join(tools, "flush"), files);
}

/** The same of a folder, all files in it, and its name. */
export async function durableFolder(tools: string, folder: string): Promise<void> {
  const files = readdirSync(folder).map((name) => join(folder, name));
  await durableFiles(tools, [...files, folder, dirname(folder)]);
}
