import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Logger } from "@agon/daemon/log";
import {
  MachineChannelService,
  type Configure,
  type ExaminerCommand,
  type ExaminerMessage,
  type InputRequest,
  type TaskChanged,
  type TerminalsCommand,
  type TerminalsMessage,
} from "@agon/protocol/machine";

/** What a machine's channel needs of its play. */
export interface ChannelOwner {
  /** The examiner's first command. */
  configure(): Configure;
  /** Both daemons call home some time after each start. */
  connected(): void;
  /** Judges and stores a change; resolves once it may be acknowledged. */
  taskChanged(changed: TaskChanged): Promise<void>;
  input(request: InputRequest): void;
  /** The machine's sshd accepts connections. */
  ready(): void;
  terminalsConnected(): void;
  terminalsMessage(message: NonNullable<TerminalsMessage["message"]>): void;
}

/** Milliseconds that an answer of an examiner may take. */
const ANSWER = 5_000;

/**
 * The private channel of one machine: a socket in a folder that only this machine sees. Who speaks
 * is known from the socket, never from what is said.
 */
export class MachineChannel {
  readonly #owner: ChannelOwner;
  readonly #log: Logger;
  readonly #folder: string;
  readonly #server = new Server({ "grpc.max_receive_message_length": 1024 * 1024 });
  readonly #asked = new Map<string, (json: string) => void>();
  #examiner: ServerDuplexStream<ExaminerMessage, ExaminerCommand> | undefined;
  #configured = false;
  #terminals: ServerDuplexStream<TerminalsMessage, TerminalsCommand> | undefined;
  #open = Promise.withResolvers<void>();

  constructor(folder: string, owner: ChannelOwner, log: Logger) {
    this.#folder = folder;
    this.#owner = owner;
    this.#log = log;
    this.#server.addService(MachineChannelService, {
      examiner: (call: ServerDuplexStream<ExaminerMessage, ExaminerCommand>) =>
        void this.#serveExaminer(call),
      terminals: (call: ServerDuplexStream<TerminalsMessage, TerminalsCommand>) =>
        void this.#serveTerminals(call),
    });
  }

  /** Listens on hostd.sock in the machine's folder; a socket that an earlier hostd left is replaced. */
  async listen(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true });
    const socket = join(this.#folder, "hostd.sock");
    rmSync(socket, { force: true });
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
    chmodSync(socket, 0o666);
  }

  /** From now on examiners are configured: the machine's network is plugged. */
  open(): void {
    this.#open.resolve();
  }

  /** Examiners wait again, until the next {@link open}: the machine starts anew. */
  hold(): void {
    this.#open.resolve();
    this.#open = Promise.withResolvers<void>();
  }

  async #serveExaminer(call: ServerDuplexStream<ExaminerMessage, ExaminerCommand>): Promise<void> {
    call.on("error", () => undefined);
    try {
      let known = false;
      for await (const { message } of call as AsyncIterable<ExaminerMessage>) {
        if (!known) {
          if (message?.$case !== "hello") break;
          known = true;
          await this.#open.promise;
          if (call.cancelled) break;
          this.#examiner?.end();
          this.#examiner = call;
          call.write({ command: { $case: "configure", value: this.#owner.configure() } });
          this.#configured = true;
          this.#owner.connected();
          continue;
        }
        switch (message?.$case) {
          case "taskChanged":
            // One after the other: a machine that floods waits for the disk.
            await this.#owner.taskChanged(message.value);
            call.write({ command: { $case: "ack", value: { version: message.value.version } } });
            break;
          case "tasks":
            this.#asked.get(message.value.request)?.(message.value.json);
            break;
          case "input":
            this.#owner.input(message.value);
            break;
          case "ready":
            this.#owner.ready();
            break;
          default:
        }
      }
    } catch (error) {
      if (!call.cancelled) this.#log.warn({ err: error }, "examiner stream ended");
    } finally {
      if (this.#examiner === call) {
        this.#examiner = undefined;
        this.#configured = false;
      }
      call.end();
    }
  }

  async #serveTerminals(
    call: ServerDuplexStream<TerminalsMessage, TerminalsCommand>,
  ): Promise<void> {
    call.on("error", () => undefined);
    try {
      for await (const { message } of call as AsyncIterable<TerminalsMessage>) {
        if (message?.$case === "hello") {
          if (this.#terminals !== call) this.#terminals?.end();
          this.#terminals = call;
          this.#owner.terminalsConnected();
        }
        if (message && this.#terminals === call) this.#owner.terminalsMessage(message);
      }
    } catch (error) {
      if (!call.cancelled) this.#log.warn({ err: error }, "terminals stream ended");
    } finally {
      if (this.#terminals === call) this.#terminals = undefined;
      call.end();
    }
  }

  /** Whether an examiner is there and has its graph. */
  get examinerThere(): boolean {
    return this.#configured;
  }

  /** Tells the examiner; one that is away learns it from the next Configure. @returns whether it is there. */
  tell(command: NonNullable<ExaminerCommand["command"]>): boolean {
    if (!this.#configured) return false;
    this.#examiner?.write({ command });
    return true;
  }

  /** Tells the terminal holder. @returns whether it is there. */
  tellTerminals(command: NonNullable<TerminalsCommand["command"]>): boolean {
    this.#terminals?.write({ command });
    return this.#terminals !== undefined;
  }

  /** Author view of the machine's tasks as JSON, or undefined when the examiner does not answer in time. */
  describe(): Promise<string | undefined> {
    return this.#ask((request) => ({ $case: "describe", value: { request } }), ANSWER);
  }

  /** Last runs of one task, as {@link describe}. */
  describeRuns(task: string): Promise<string | undefined> {
    return this.#ask((request) => ({ $case: "describeRuns", value: { request, task } }), ANSWER);
  }

  /** Runs one task once more without touching its state: at most its three scripts, each for `seconds`. */
  runTask(task: string, seconds: number): Promise<string | undefined> {
    return this.#ask(
      (request) => ({ $case: "runTask", value: { request, task } }),
      ANSWER + seconds * 4_000,
    );
  }

  async #ask(
    command: (request: string) => NonNullable<ExaminerCommand["command"]>,
    patience: number,
  ): Promise<string | undefined> {
    const request = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<string | undefined>((resolve) => {
        this.#asked.set(request, resolve);
        timer = setTimeout(() => resolve(undefined), patience);
        if (!this.tell(command(request))) resolve(undefined);
      });
    } finally {
      clearTimeout(timer);
      this.#asked.delete(request);
    }
  }

  /** Stops listening; machines dial again. */
  close(): void {
    this.#open.resolve();
    this.#server.forceShutdown();
  }

  /** Stops listening and removes the folder. */
  remove(): void {
    this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
