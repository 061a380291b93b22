import { randomBytes } from "node:crypto";
import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import {
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { freeBytes } from "@agon/daemon/disk-room";
import type { Logger } from "@agon/daemon/log";
import type {
  CapacityReply,
  HostEvent,
  HostServer,
  OpenSlotReply,
  OpenSlotRequest,
  PortState,
  WatchRequest,
} from "@agon/protocol/host";
import { readIfThere, writeWhole } from "./disk.ts";
import type { Drivers } from "./drivers.ts";
import type { Accelerator } from "./microvm/accelerator.ts";
import type { MicrovmDriver } from "./microvm/microvm-driver.ts";
import { templateStats } from "./microvm/template-stats.ts";
import type { Journal } from "./journal.ts";
import type { Plays } from "./plays.ts";
import type { OpenPort } from "./ports/port-book.ts";
import type { PortProxy } from "./ports/port-proxy.ts";
import { Refusal } from "./refusal.ts";
import type { Slots } from "./slots.ts";
import { MAX_TASKS } from "./spec-check.ts";

/** gRPC codes of refusals. */
const CODES: Record<Refusal["kind"], status> = {
  missing: status.NOT_FOUND,
  "not-so": status.FAILED_PRECONDITION,
  // UNAVAILABLE is what a client says of a host that does not answer.
  later: status.ABORTED,
  full: status.RESOURCE_EXHAUSTED,
  invalid: status.INVALID_ARGUMENT,
  forbidden: status.PERMISSION_DENIED,
};

const SESSION = /^[\w.-]{1,64}$/;

/** Highest lease that this host saw; an older ingester is refused even after a restart of hostd. */
class Lease {
  readonly #path: string;
  #epoch: number;

  constructor(folder: string) {
    this.#path = join(folder, "lease");
    this.#epoch = Number(readIfThere(this.#path) ?? 0) || 0;
  }

  get epoch(): number {
    return this.#epoch;
  }

  take(epoch: number): boolean {
    if (epoch < this.#epoch) return false;
    if (epoch > this.#epoch) writeWhole(this.#path, String(epoch));
    this.#epoch = epoch;
    return true;
  }
}

/** What api may ask of this host. Only a client whose certificate names it `api` is served. */
export function hostService(parts: {
  host: string;
  folder: string;
  drivers: Drivers;
  microvms: MicrovmDriver | undefined;
  /** Of microVMs, once it is known. */
  accelerator: () => Accelerator | undefined;
  journal: Journal;
  plays: Plays;
  slots: Slots;
  /** Undefined = this host has no address for them. */
  ports: PortProxy | undefined;
  log: Logger;
}): HostServer {
  const { plays, journal, slots, drivers, log } = parts;
  const lease = new Lease(parts.folder);
  const watchers = new Set<() => void>();

  const authorized = (call: {
    getAuthContext(): { sslPeerCertificate?: { subject?: { CN?: unknown } } } | null;
  }): boolean => call.getAuthContext()?.sslPeerCertificate?.subject?.CN === "api";

  const unary =
    <Request, Reply>(answer: (request: Request) => Promise<Reply>) =>
    (call: ServerUnaryCall<Request, Reply>, callback: sendUnaryData<Reply>): void => {
      const run = async () => {
        if (!authorized(call as never))
          throw new Refusal("forbidden", "only api may ask this host");
        return answer(call.request);
      };
      run().then(
        (reply) => callback(null, reply),
        (error: unknown) => {
          if (!(error instanceof Refusal)) log.error({ err: error }, "call failed");
          callback({
            code: error instanceof Refusal ? CODES[error.kind] : status.INTERNAL,
            message: (error as Error).message,
          });
        },
      );
    };
  const publishes = (id: string) => (task: string) =>
    plays.find(id)?.spec.tasks.some((spec) => spec.name === task && spec.publishOutputs) ?? false;
  const playOf = (id: string) => {
    const play = plays.find(id);
    if (!play) throw new Refusal("missing", `this host has no play ${id}`);
    return play;
  };

  async function watch(call: ServerWritableStream<WatchRequest, HostEvent>): Promise<void> {
    // A cursor of a counter that was lost: begin anew.
    let cursor = call.request.after > journal.last ? 0 : call.request.after;
    let wake: () => void = () => undefined;
    const stop = () => {
      open = false;
      wake();
    };
    let open = true;
    const unlisten = journal.listen(() => wake());
    for (const other of watchers) other();
    watchers.add(stop);
    call.on("cancelled", stop);
    call.on("close", stop);
    call.on("error", stop);
    try {
      while (open) {
        const event = journal.next(cursor);
        if (!event) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        cursor = event.n;
        if (call.write(withoutOutputs(event, publishes(event.play)))) continue;
        await new Promise<void>((resolve) => {
          wake = () => (open ? undefined : resolve());
          call.once("drain", resolve);
        });
      }
    } finally {
      watchers.delete(stop);
      unlisten();
      call.end();
    }
  }

  const openSlot = async (request: OpenSlotRequest): Promise<OpenSlotReply> => {
    const { play, machine: name, exec } = request;
    const { spec, atRest } = playOf(play);
    if (atRest) throw new Refusal("not-so", "the play is paused: let it go on first");
    const machine = spec.machines.find((one) => one.name === name);
    if (!machine) throw new Refusal("missing", `the play has no machine ${name}`);
    if (machine.noSsh) throw new Refusal("forbidden", `machine ${name} gives no terminal`);
    const user = request.user || machine.defaultUser || "root";
    // root can always be used (spec 3.3.2).
    const users = new Set([...machine.users, machine.defaultUser, "root"].filter(Boolean));
    if (!users.has(user))
      throw new Refusal(
        "invalid",
        `machine ${name} has no user ${user}; it has: ${[...users].join(", ")}`,
      );
    const spare = exec || request.session ? undefined : playOf(play).terminals(name);
    const session = request.session || spare?.takeSpare(user) || randomBytes(8).toString("hex");
    if (!SESSION.test(session))
      throw new Refusal("invalid", "session: letters, digits, dot, dash; 64 at most");
    const token = slots.add({ play, machine: name, user, exec, session });
    return { token, session, path: `/terminal/${token}` };
  };

  const capacity = async (): Promise<CapacityReply> => {
    return {
      plays: plays.running,
      maxPlays: plays.max,
      images: drivers.images,
      version: "0.1.0",
      host: parts.host,
      backend: drivers.backends[0]!,
      backends: drivers.backends,
      accelerator: parts.accelerator()?.kind ?? "",
      acceleratorReason: parts.accelerator()?.reason ?? "",
      draining: plays.draining,
      load: loadavg()[0] ?? 0,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      memoryFreeBytes: freemem(),
      diskFreeBytes: freeBytes(parts.folder),
      terminals: plays.openTerminals,
      templates: parts.microvms ? templateStats(await parts.microvms.figures()) : [],
    };
  };

  return {
    startPlay: unary(async (request) => {
      const wrong = await plays.start(request);
      if (wrong) throw new Refusal(wrong.code, wrong.message);
      return { host: parts.host };
    }),
    destroyPlay: unary(async ({ play }) => {
      await plays.destroy(play);
      return {};
    }),
    stopPlay: unary(async ({ play, memory }) => {
      await playOf(play).pause(memory);
      return {};
    }),
    restartPlay: unary(async ({ play }) => {
      await plays.restart(play);
      return {};
    }),
    forkPlay: unary(async ({ spec, from, checkpoint }) => {
      if (!spec) throw new Refusal("invalid", "spec: missing");
      await plays.fork(spec, from, checkpoint);
      return { host: parts.host };
    }),
    touchPlay: unary(async ({ play }) => {
      playOf(play).touch();
      return {};
    }),
    watch: (call) => {
      // grpc-js turns an emitted error into the status of the call; destroy() would send none.
      const refuse = (code: status, details: string) =>
        void call.emit("error", Object.assign(new Error(details), { code, details }));
      if (!authorized(call as never))
        return refuse(status.PERMISSION_DENIED, "only api may ask this host");
      if (!lease.take(call.request.leaseEpoch))
        return refuse(status.FAILED_PRECONDITION, `a newer lease (${lease.epoch}) has this host`);
      void watch(call);
    },
    ack: unary(async ({ n }) => {
      if (n <= journal.last) journal.ack(n);
      return {};
    }),
    openSlot: unary(openSlot),
    openPort: unary(async ({ play, ...wish }) => {
      if (!parts.ports)
        throw new Refusal(
          "not-so",
          "this host has no address for ports of machines (AGON_PORTS_URL, docs/operating.md)",
        );
      const port = playOf(play).ports.open(wish);
      return { url: parts.ports.enter(port), id: port.label };
    }),
    listPorts: unary(async ({ play }) => ({
      ports: playOf(play).ports.all.map((port) =>
        portState(port, parts.ports?.originOf(port) ?? ""),
      ),
    })),
    closePort: unary(async ({ play, id }) => {
      playOf(play).ports.close(id);
      parts.ports?.cut(play, id);
      return {};
    }),
    submitTaskInput: unary(async ({ play, task, value, destination }) => {
      const wrong = await playOf(play).tasks.submit(task, Buffer.from(value), destination);
      if (wrong) throw new Refusal(wrong.includes("try again") ? "later" : "invalid", wrong);
      return {};
    }),
    describePlay: unary(async ({ play }) => ({
      tasksJson: JSON.stringify(await playOf(play).tasks.describe()),
    })),
    updateTasks: unary(async ({ play, version, tasks, order }) => {
      if (tasks.length > MAX_TASKS) throw new Refusal("invalid", `tasks: at most ${MAX_TASKS}`);
      const reply = await playOf(play).tasks.update(version, tasks, order);
      if (typeof reply === "string") throw new Refusal("invalid", reply);
      return reply;
    }),
    taskRuns: unary(async ({ play, task }) => ({
      json: runsJson(await playOf(play).tasks.runs(task, false)),
    })),
    runTask: unary(async ({ play, task }) => ({
      json: runsJson(await playOf(play).tasks.runs(task, true)),
    })),
    capacity: unary(async () => capacity()),
    drain: unary(async ({ on }) => {
      plays.drain(on);
      log.info({ on }, "draining");
      return capacity();
    }),
    warm: unary(async ({ machines }) => {
      // Minutes on a slow computer; nobody waits for it.
      const meant = machines.filter((machine) => drivers.find(machine) === parts.microvms);
      void parts.microvms
        ?.expect(meant)
        .catch((error: unknown) => log.error({ err: error }, "templates could not be made"));
      return {};
    }),
    sources: unary(async () => drivers.sources()),
    stats: unary(async ({ play }) => ({ machines: await playOf(play).usage() })),
  };
}

/** What is told of a port: not what lets a browser in. */
function portState(open: OpenPort, url: string): PortState {
  const { label: id, machine, port, tls, hostRewrite, pathRewrite, openedMs = 0 } = open;
  return { id, machine, port, tls, public: open.public, hostRewrite, pathRewrite, url, openedMs };
}

function runsJson(runs: object[] | string): string {
  if (typeof runs === "string") throw new Refusal("invalid", runs);
  return JSON.stringify(runs);
}

/** Outputs of tasks stay on the host, for other machines of the play; only those that a text shows go on. */
function withoutOutputs(event: HostEvent, publishes: (task: string) => boolean): HostEvent {
  if (event.event?.$case !== "task" || !event.event.value.changed?.outputs) return event;
  const { machine, changed } = event.event.value;
  if (publishes(changed.task)) return event;
  return {
    ...event,
    event: { $case: "task", value: { machine, changed: { ...changed, outputs: undefined } } },
  };
}
