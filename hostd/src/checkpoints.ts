import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { KnownTask } from "@agon/protocol/machine";
import { readIfThere, writeWhole } from "./disk.ts";

/** What a play knew of its tasks at a moment, and its last event until then (n = 0: none). */
export interface Moment {
  tasks: Record<string, KnownTask>;
  epoch: string;
  n: number;
}

/** A copy of a play's machines, made after a task was completed. */
export interface Checkpoint {
  id: string;
  task: string;
}

/** A task as a file keeps it, with bytes as text. */
export function readTasks(json: Record<string, unknown>): Record<string, KnownTask> {
  return Object.fromEntries(
    Object.entries(json).map(([name, task]) => [name, KnownTask.fromJSON(task)]),
  );
}

/** What a play's checkpoints say of its tasks; the machines' part of them lies with the machines. */
export class CheckpointBook {
  readonly #folder: string;

  constructor(playFolder: string) {
    this.#folder = join(playFolder, "checkpoints");
  }

  write(id: string, moment: Moment): void {
    mkdirSync(this.#folder, { recursive: true });
    writeWhole(join(this.#folder, `${id}.json`), JSON.stringify(moment));
  }

  /** @returns undefined when there is no such checkpoint. */
  read(id: string): Moment | undefined {
    const text = readIfThere(join(this.#folder, `${id}.json`));
    if (!text) return undefined;
    const moment = JSON.parse(text) as Moment;
    return { ...moment, tasks: readTasks(moment.tasks) };
  }

  /** Removes all but these. */
  keep(ids: string[]): void {
    try {
      for (const name of readdirSync(this.#folder))
        if (!ids.includes(name.replace(/\.json$/, ""))) rmSync(join(this.#folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}
