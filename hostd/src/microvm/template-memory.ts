import { join } from "node:path";
import { readIfThere } from "../disk.ts";
import { memoryMark } from "./template.ts";
import { markUsed } from "./used-by.ts";

/**
 * Keeps a template as long as a machine, checkpoints of which stand on its memory. A link would not
 * do: it counts as a write to the memory.
 * @param user folder of the machine.
 * @returns that memory; undefined when it is gone, or not what the template was made with.
 */
export function keepMemory(template: string, user: string): string | undefined {
  try {
    // Before the look: who removes what nobody uses comes before or after both.
    markUsed(template, user);
    const text = readIfThere(join(template, "template.json"));
    if (!text) return undefined;
    const { memory } = JSON.parse(text) as { memory: string };
    return memory === memoryMark(template) ? join(template, "memory") : undefined;
  } catch (error) {
    // It is being removed.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
