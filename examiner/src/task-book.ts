import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outputs, TaskChanged } from "@agon/protocol/machine";

/** What must outlive a restart about one own task. */
export interface TaskRecord {
  state: number;
  outputs?: Outputs;
  input?: string;
  hint: string;
  failure: string;
  /** Of an init task that runs: how its last round ended, in words; missing = well, or it did not end yet. */
  trouble?: string;
  rounds: number;
  /** Of the graph's live changes (hostd numbers them); 0 = it never started over. */
  generation: number;
}

/** The examiner's state on disk: records, and changes that hostd has not acknowledged. */
export interface Book {
  version: number;
  records: Record<string, TaskRecord>;
  unacked: TaskChanged[];
  frozen: boolean;
}

/** Loads and saves a book; a save is atomic, so a kill leaves the old or the new one. */
export class TaskBook {
  readonly #file: string;
  readonly book: Book;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = join(folder, "tasks.json");
    let book: Book = { version: 0, records: {}, unacked: [], frozen: false };
    try {
      book = JSON.parse(readFileSync(this.#file, "utf8")) as Book;
      for (const record of Object.values(book.records)) record.generation ??= 0;
    } catch {
      // First start, or a disk that lost the file: hostd replays what it knows with Configure.
    }
    this.book = book;
  }

  save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.book), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
