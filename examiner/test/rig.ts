import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Configure, TaskChanged, TaskSpec } from "@agon/protocol/machine";
import { Examiner } from "../src/examiner.ts";
import type { Pace } from "../src/pacing.ts";
import { TaskBook } from "../src/task-book.ts";

/** Rounds follow each other fast; what is "at the latest every second" in life takes 40 ms here. */
export const PACE: Pace = { attended: 40, idle: 60_000, woken: 5 };
const LONG = { timeout: 60_000, interval: 5 };

/** A task of machine `m` that never completes by itself. */
export const task = (name: string, rest: Partial<TaskSpec> = {}): TaskSpec => ({
  name,
  machine: "m",
  kind: "regular",
  needs: [],
  run: "false",
  failcheck: "",
  hintcheck: "",
  user: "",
  env: [],
  timeoutSeconds: 30,
  destination: "",
  shareOutputs: false,
  vars: {},
  everywhere: false,
  publishOutputs: false,
  generation: 0,
  ...rest,
});

/** One examiner over real bash processes, with every change that it told. */
export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), "agon-examiner-"));
  changes: TaskChanged[] = [];
  examiner!: Examiner;

  constructor() {
    // Scripts of other users pass through it.
    chmodSync(this.folder, 0o711);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Starts an examiner on this machine's state; again after {@link stop} it is the same machine, restarted. */
  start(tasks: TaskSpec[], rest: Partial<Configure> = {}): this {
    this.examiner = new Examiner(new TaskBook(this.path("state")), this.path("scripts"), PACE);
    this.examiner.onChange = (change) => this.changes.push(structuredClone(change));
    return this.configure(tasks, rest);
  }

  /** Gives the examiner a graph, as hostd does at each connection and when the graph changes. */
  configure(tasks: TaskSpec[], rest: Partial<Configure> = {}): this {
    this.examiner.configure({
      tasks,
      machine: "m",
      labUser: "laborant",
      peers: [],
      attended: true,
      known: [],
      frozen: false,
      authorView: false,
      ...rest,
    });
    return this;
  }

  stop(): void {
    this.examiner?.stop();
  }

  close(): void {
    this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** State codes that a task was told to have, in order. */
  states(name: string): number[] {
    return this.changes.filter((one) => one.task === name).map((one) => one.state);
  }

  last(name: string): TaskChanged | undefined {
    return this.changes.findLast((one) => one.task === name);
  }

  until(name: string, state: number): Promise<void> {
    return expect.poll(() => this.examiner.state(name), LONG).toBe(state);
  }

  hint(name: string, text: string): Promise<void> {
    return expect.poll(() => this.last(name)?.hint, LONG).toBe(text);
  }

  #rounds(name: string): number {
    const rows = JSON.parse(this.examiner.describe()) as { name: string; rounds: number }[];
    return rows.find((one) => one.name === name)!.rounds;
  }

  /** Waits until a task was evaluated once. */
  looked(name: string): Promise<void> {
    return expect.poll(() => this.#rounds(name), LONG).toBeGreaterThanOrEqual(1);
  }

  /** Waits until a task was evaluated this many further times. */
  async rounds(name: string, count: number): Promise<void> {
    const from = this.#rounds(name);
    await expect.poll(() => this.#rounds(name), LONG).toBeGreaterThanOrEqual(from + count);
  }

  /** Lines that scripts appended to a file. */
  lines(name: string): string[] {
    const file = this.path(name);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  }

  exists(name: string, there = true): Promise<void> {
    return expect.poll(() => existsSync(this.path(name)), LONG).toBe(there);
  }

  /** A place where a script stops until the rig gives it what to run next. */
  gate(name: string): Gate {
    return new Gate(this.path(`gate-${name}`));
  }
}

/** Two FIFOs, there and back: who opens one end waits for the other, so nobody sleeps. */
export class Gate {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    execFileSync("mkfifo", ["-m", "666", path, `${path}-taken`]);
  }

  /** What a script says to wait here. */
  get script(): string {
    return `read -r agon_next < ${this.#path}; : > ${this.#path}-taken; eval "$agon_next"`;
  }

  /** Waits until a script stands here, then lets it go on with a command. */
  async give(command: string): Promise<void> {
    const file = await open(this.#path, "w");
    await file.write(`${command}\n`);
    await file.close();
    // Only now the next one can't reach the reader of this one.
    await (await open(`${this.#path}-taken`, "r")).close();
  }
}
