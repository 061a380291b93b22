import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { StartPlayRequest } from "@agon/protocol/host";
import { CheckpointBook, readTasks } from "./checkpoints.ts";
import { readIfThere, writeWhole } from "./disk.ts";
import type { PlayCopies } from "./play-copies.ts";
import type { PlayRecord } from "./play-record.ts";

/** What must outlive hostd of one play: its spec, and its record, each a file that is always whole. */
export class PlayFolder {
  readonly path: string;

  /** @param plays folder of all plays. */
  constructor(plays: string, play: string) {
    this.path = join(plays, play);
  }

  /** Writes a new play down, before anything of it is made. */
  create(spec: StartPlayRequest, record: PlayRecord): void {
    mkdirSync(this.path, { recursive: true });
    writeWhole(join(this.path, "state.json"), JSON.stringify(record));
    // The last one: without it the play is not complete.
    this.saveSpec(spec);
  }

  saveSpec(spec: StartPlayRequest): void {
    writeWhole(join(this.path, "spec.json"), JSON.stringify(StartPlayRequest.toJSON(spec)));
  }

  /** Does nothing once the play is removed. */
  save(record: PlayRecord): void {
    if (existsSync(this.path)) writeWhole(join(this.path, "state.json"), JSON.stringify(record));
  }

  /** @returns undefined when the folder is not complete: then nothing was made of the play. */
  read(): { spec: StartPlayRequest; record: PlayRecord } | undefined {
    const spec = readIfThere(join(this.path, "spec.json"));
    const state = readIfThere(join(this.path, "state.json"));
    if (!spec || !state) return undefined;
    const record = JSON.parse(state) as PlayRecord;
    record.tasks = readTasks(record.tasks);
    return { spec: StartPlayRequest.fromJSON(JSON.parse(spec)), record };
  }
}

/** The record of a play that nothing happened in yet. */
export function freshRecord(spec: StartPlayRequest): PlayRecord {
  const machines: PlayRecord["machines"] = {};
  for (const { name } of spec.machines) machines[name] = { prepared: false, state: "" };
  return { state: "", startedAt: Date.now(), ending: false, machines, tasks: {} };
}

/**
 * The record of a play that is a copy; its checkpoints are written down, too.
 * @param from id of what it is a copy of.
 * @param checkpoint moment of it; empty = as it was when it was copied.
 */
export function copiedRecord(
  folder: PlayFolder,
  spec: StartPlayRequest,
  { moment, checkpoints }: Awaited<ReturnType<PlayCopies["to"]>>,
  from: string,
  checkpoint: string,
): PlayRecord {
  const machines: PlayRecord["machines"] = {};
  for (const { name } of spec.machines) machines[name] = { prepared: true, state: "CREATED" };
  mkdirSync(folder.path, { recursive: true });
  const book = new CheckpointBook(folder.path);
  // The numbers are those of the other play's events.
  for (const { id, tasks } of checkpoints) book.write(id, { tasks, epoch: "", n: 0 });
  return {
    state: "",
    startedAt: Date.now(),
    ending: false,
    machines,
    // What was known of a task that the graph has otherwise now is worth nothing.
    tasks: Object.fromEntries(
      Object.entries(moment.tasks).filter(
        ([name, { generation }]) =>
          spec.tasks.find((task) => task.name === name.split("@")[0])?.generation === generation,
      ),
    ),
    forked: { from, checkpoint, epoch: moment.epoch, n: moment.n },
    checkpoints: checkpoints.map(({ id, task }) => ({ id, task })),
  };
}
