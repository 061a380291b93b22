import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, Metadata } from "@grpc/grpc-js";
import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { HostClient } from "@agon/protocol/host";
import type {
  CapacityReply,
  DescribePlayReply,
  ForkPlayRequest,
  HostEvent,
  ListPortsReply,
  MachineSpec,
  OpenSlotReply,
  OpenPortReply,
  OpenPortRequest,
  OpenSlotRequest,
  PortRef,
  StartPlayReply,
  StartPlayRequest,
  SourcesReply,
  StatsReply,
  SubmitTaskInputRequest,
  TaskRef,
  TaskRunsReply,
  UpdateTasksReply,
  UpdateTasksRequest,
  WarmRequest,
} from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import { failure } from "./failure.ts";

export interface HostAddress {
  id: string;
  /** host:port. */
  grpc: string;
  /** ws(s):// origin of its terminals; empty = behind the arena's own address. */
  terminal?: string;
  /** Name in its certificate; missing = the name in its address. */
  tlsName?: string;
}

/** Seconds that a dry run may take: three scripts with their timeouts. */
const DRY_RUN = 300;

type Unary<Q, R> = (
  request: Q,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, reply: R) => void,
) => unknown;
/** One host, over mutual TLS. Every call has a deadline. */
export class HostLink {
  readonly id: string;
  readonly terminal: string;
  #client: HostClient;
  #capacity: { until: number; reply: Promise<CapacityReply> } | null = null;
  /** When it last answered. */
  seenAt = 0;

  constructor(address: HostAddress, pki: string) {
    this.id = address.id;
    this.terminal = address.terminal ?? "";
    const pem = (name: string): Buffer => readFileSync(join(pki, name));
    this.#client = new HostClient(
      address.grpc,
      credentials.createSsl(pem("ca.pem"), pem("api.key"), pem("api.pem")),
      {
        "grpc.max_receive_message_length": 16 * 1024 * 1024,
        "grpc.keepalive_time_ms": 10_000,
        "grpc.initial_reconnect_backoff_ms": 200,
        "grpc.max_reconnect_backoff_ms": 2000,
        ...(address.tlsName
          ? {
              "grpc.ssl_target_name_override": address.tlsName,
              "grpc.default_authority": address.tlsName,
            }
          : {}),
      },
    );
  }

  #call<Q, R>(method: Unary<Q, R>, request: Q, seconds: number): Promise<R> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + seconds * 1000 };
      method.call(this.#client, request, new Metadata(), options, (error, reply) => {
        if (error) return reject(error);
        this.seenAt = Date.now();
        resolve(reply);
      });
    });
  }

  startPlay(request: StartPlayRequest): Promise<StartPlayReply> {
    return this.#call(
      this.#client.startPlay as Unary<StartPlayRequest, StartPlayReply>,
      request,
      20,
    );
  }
  destroyPlay(play: string): Promise<unknown> {
    return this.#call(this.#client.destroyPlay as Unary<{ play: string }, unknown>, { play }, 60);
  }
  stopPlay(play: string, memory: boolean): Promise<unknown> {
    return this.#call(
      this.#client.stopPlay as Unary<{ play: string; memory: boolean }, unknown>,
      { play, memory },
      20,
    );
  }
  restartPlay(play: string): Promise<unknown> {
    return this.#call(this.#client.restartPlay as Unary<{ play: string }, unknown>, { play }, 20);
  }
  /** Copies whole machines: minutes where they are large. */
  forkPlay(request: ForkPlayRequest): Promise<unknown> {
    return this.#call(this.#client.forkPlay as Unary<ForkPlayRequest, unknown>, request, 240);
  }
  touchPlay(play: string): Promise<unknown> {
    return this.#call(this.#client.touchPlay as Unary<{ play: string }, unknown>, { play }, 10);
  }
  openSlot(request: OpenSlotRequest): Promise<OpenSlotReply> {
    return this.#call(this.#client.openSlot as Unary<OpenSlotRequest, OpenSlotReply>, request, 10);
  }
  openPort(request: OpenPortRequest): Promise<OpenPortReply> {
    return this.#call(this.#client.openPort as Unary<OpenPortRequest, OpenPortReply>, request, 10);
  }
  listPorts(play: string): Promise<ListPortsReply> {
    return this.#call(
      this.#client.listPorts as Unary<{ play: string }, ListPortsReply>,
      { play },
      10,
    );
  }
  closePort(play: string, id: string): Promise<unknown> {
    return this.#call(this.#client.closePort as Unary<PortRef, unknown>, { play, id }, 10);
  }
  submitInput(request: SubmitTaskInputRequest): Promise<unknown> {
    return this.#call(
      this.#client.submitTaskInput as Unary<SubmitTaskInputRequest, unknown>,
      request,
      10,
    );
  }
  describePlay(play: string): Promise<DescribePlayReply> {
    return this.#call(
      this.#client.describePlay as Unary<{ play: string }, DescribePlayReply>,
      { play },
      20,
    );
  }
  /** Gives a running play another task graph. */
  updateTasks(
    play: string,
    version: string,
    tasks: TaskSpec[],
    order: number,
  ): Promise<UpdateTasksReply> {
    return this.#call(
      this.#client.updateTasks as Unary<UpdateTasksRequest, UpdateTasksReply>,
      { play, version, tasks, order },
      10,
    );
  }
  /** Last runs of a task as JSON. */
  taskRuns(play: string, task: string): Promise<TaskRunsReply> {
    return this.#call(this.#client.taskRuns as Unary<TaskRef, TaskRunsReply>, { play, task }, 10);
  }
  /** One round of a task that changes nothing, as JSON. */
  runTask(play: string, task: string): Promise<TaskRunsReply> {
    return this.#call(
      this.#client.runTask as Unary<TaskRef, TaskRunsReply>,
      { play, task },
      DRY_RUN,
    );
  }
  /** @returns its capacity after that. */
  drain(on: boolean): Promise<CapacityReply> {
    this.#capacity = null;
    return this.#call(this.#client.drain as Unary<{ on: boolean }, CapacityReply>, { on }, 10);
  }
  stats(play: string): Promise<StatsReply> {
    return this.#call(this.#client.stats as Unary<{ play: string }, StatsReply>, { play }, 10);
  }
  /** Tells which machines people are likely to ask for. */
  warm(machines: MachineSpec[]): Promise<unknown> {
    return this.#call(this.#client.warm as Unary<WarmRequest, unknown>, { machines }, 10);
  }
  /** Images and kernels that its machines may have. */
  sources(): Promise<SourcesReply> {
    return this.#call(this.#client.sources as Unary<object, SourcesReply>, {}, 5);
  }
  ack(n: number): Promise<unknown> {
    return this.#call(this.#client.ack as Unary<{ n: number }, unknown>, { n }, 10);
  }
  /** At most 2 s old; with `now`, asked for anew. */
  capacity(now = false): Promise<CapacityReply> {
    if (!now && this.#capacity && this.#capacity.until > Date.now()) return this.#capacity.reply;
    const reply = this.#call(this.#client.capacity as Unary<object, CapacityReply>, {}, 5);
    this.#capacity = { until: Date.now() + 2000, reply };
    reply.catch(() => (this.#capacity = null));
    return reply;
  }
  watch(after: number, leaseEpoch: number): ClientReadableStream<HostEvent> {
    return this.#client.watch({ after, leaseEpoch });
  }
  close(): void {
    this.#client.close();
  }
}

/** The way to the host of a play, also of one that stands still. @throws UNAVAILABLE while it does not answer. */
export function linkOf(hosts: Map<string, HostLink>, { host }: { host: string }): HostLink {
  const link = hosts.get(host);
  if (link) return link;
  throw failure("UNAVAILABLE", "The play's host does not answer.", "Try again in a moment.");
}
