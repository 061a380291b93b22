import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { WebSocket } from "ws";
import {
  HostClient,
  OpenSlotRequest,
  StartPlayRequest,
  type HostEvent,
  type OpenSlotReply,
} from "@agon/protocol/host";
import { TaskState } from "@agon/protocol/task-state";
import { makeCertificates } from "@agon/testing/certificates";
import { here, HostProcess } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";

/** A hostd of its own without an arena: what happens in machines shows in its events. */
export class BareHost implements AsyncDisposable {
  readonly #process: HostProcess;
  readonly #client: HostClient;
  readonly #plays = new Set<string>();
  readonly events: HostEvent[] = [];

  private constructor(process: HostProcess, client: HostClient) {
    this.#process = process;
    this.#client = client;
    const stream = client.watch({ after: 0, leaseEpoch: 1 });
    stream.on("data", (event: HostEvent) => this.events.push(event));
    stream.on("error", () => undefined);
  }

  static async start(): Promise<BareHost> {
    const folder = mkdtempSync(join(tmpdir(), "agon-bench-"));
    await makeCertificates(folder, ["api", "host"]);
    const microvm = process.env["AGON_TEST_MICROVM"] ?? "";
    const arena = `b${randomBytes(3).toString("hex")}`;
    const host = new HostProcess(arena, folder, here(), microvm ? { AGON_MICROVM: microvm } : {});
    await host.start();
    const pem = (file: string) => readFileSync(join(folder, file));
    const client = new HostClient(
      `127.0.0.1:${host.grpc}`,
      credentials.createSsl(pem("ca.pem"), pem("api.key"), pem("api.pem")),
    );
    return new BareHost(host, client);
  }

  #call<Reply>(method: string, request: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const methods = this.#client as unknown as Record<
        string,
        (request: object, callback: (error: Error | null, reply: Reply) => void) => void
      >;
      methods[method]!.call(this.#client, request, (error, reply) =>
        error ? reject(error) : resolve(reply),
      );
    });
  }

  #stateOf(play: string): string {
    const states = this.events.flatMap(({ play: owner, event }) =>
      owner === play && event?.$case === "state" ? [event.value.state] : [],
    );
    return states.at(-1) ?? "";
  }

  /** Starts a play and waits until it runs. @throws Error when it fails. */
  async play(whole: StartPlayRequest): Promise<string> {
    const id = whole.play;
    this.#plays.add(id);
    await this.#call("startPlay", whole);
    await until(`${id} runs`, () => ["RUNNING", "FAILED"].includes(this.#stateOf(id)), 400);
    if (this.#stateOf(id) === "FAILED") throw new Error(`${id} failed:\n${this.#process.output}`);
    return id;
  }

  /** When hostd got to know that a task is completed, in unix ms. */
  completedAt(play: string, task: string): number | undefined {
    for (const { play: owner, event, atMs, observedMs } of this.events)
      if (owner === play && event?.$case === "task" && event.value.changed?.task === task)
        if (event.value.changed.state === TaskState.completed) return observedMs || atMs;
    return undefined;
  }

  /** Runs a script in a machine. @returns what it printed. @throws Error when it fails. */
  async exec(play: string, machine: string, script: string): Promise<string> {
    const slot = await this.#call<OpenSlotReply>(
      "openSlot",
      OpenSlotRequest.fromPartial({ play, machine, exec: true }),
    );
    const socket = new WebSocket(`ws://127.0.0.1:${this.#process.terminal}${slot.path}`);
    let text = "";
    const code = await new Promise<number>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("the exec was cut off")));
      socket.on("open", () => {
        socket.send(Buffer.concat([Buffer.of(0), Buffer.from(script)]));
        socket.send(Buffer.of(3));
      });
      socket.on("message", (raw: Buffer) => {
        const body = raw.subarray(1);
        if (raw[0] === 2) {
          const told = JSON.parse(body.toString()) as { type: string; code?: number };
          if (told.type === "exit") resolve(told.code ?? -1);
          return;
        }
        text += body.toString();
        const ack = Buffer.alloc(5);
        ack[0] = 2;
        ack.writeUInt32BE(body.length, 1);
        socket.send(ack);
      });
    });
    socket.close();
    if (code !== 0) throw new Error(`a script ended with ${code}: ${text.slice(-500)}`);
    return text;
  }

  async end(play: string): Promise<void> {
    await this.#call("destroyPlay", { play });
    this.#plays.delete(play);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const play of this.#plays) await this.end(play).catch(() => undefined);
    this.#client.close();
    await this.#process.remove();
  }
}
