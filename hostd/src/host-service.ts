import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Server, ServerCredentials, status, type ServiceError } from "@grpc/grpc-js";
import type { Logger } from "@agon/daemon/log";
import { HostService, type HostServer } from "@agon/protocol/host";
import type { Journal } from "./journal.ts";
import type { Play } from "./play.ts";
import type { Plays } from "./plays.ts";
import type { Slots } from "./slots.ts";

/** Plays on this host at most. */
const MAX_PLAYS = 60;

function failure(code: status, message: string): Partial<ServiceError> {
  return { code, message, details: message };
}

/** What api asks of this host, over mutual TLS. */
export async function serveHost(options: {
  port: number;
  pki: string;
  host: string;
  images: string[];
  plays: Plays;
  journal: Journal;
  slots: Slots;
  log: Logger;
}): Promise<Server> {
  const { plays, journal, slots, log } = options;
  let lease = 0;
  const known = (id: string): Play => {
    const play = plays.get(id);
    if (!play) throw failure(status.NOT_FOUND, `play ${id} is not on this host`);
    return play;
  };
  /** Answers with what the work returns, or with its failure. */
  const unary =
    <In, Out>(work: (request: In) => Promise<Out> | Out) =>
    (
      call: { request: In },
      callback: (error: Partial<ServiceError> | null, reply?: Out) => void,
    ): void => {
      Promise.resolve()
        .then(() => work(call.request))
        .then(
          (reply) => callback(null, reply),
          (error: Partial<ServiceError>) => {
            if (error.code === undefined) log.error(error, "a call of api failed");
            callback(
              error.code === undefined
                ? failure(status.INTERNAL, error.message ?? "failed")
                : error,
            );
          },
        );
    };
  const implementation: HostServer = {
    startPlay: unary(async (request) => {
      if (!/^[a-z0-9-]{4,64}$/.test(request.play))
        throw failure(status.INVALID_ARGUMENT, `play id ${request.play} is not usable`);
      if (request.machines.length < 1 || request.machines.length > 5)
        throw failure(status.INVALID_ARGUMENT, "a play has 1 to 5 machines");
      if (!plays.get(request.play) && plays.size >= MAX_PLAYS)
        throw failure(status.RESOURCE_EXHAUSTED, `this host runs ${MAX_PLAYS} plays already`);
      await plays.start(request);
      return { host: options.host };
    }),
    destroyPlay: unary(async ({ play }) => {
      await plays.destroy(play);
      return {};
    }),
    watch: (call) => {
      const { after, leaseEpoch } = call.request;
      if (leaseEpoch < lease) {
        call.emit(
          "error",
          failure(status.FAILED_PRECONDITION, `a newer lease (${lease}) watches this host`),
        );
        return;
      }
      lease = leaseEpoch;
      const ended = new AbortController();
      call.on("cancelled", () => ended.abort());
      call.on("error", () => ended.abort());
      void (async () => {
        let cursor = after;
        while (!ended.signal.aborted && leaseEpoch >= lease) {
          for (const event of journal.after(cursor)) {
            cursor = event.n;
            if (!call.write(event))
              await new Promise<void>((resolve) => {
                call.once("drain", resolve);
                ended.signal.addEventListener("abort", () => resolve(), { once: true });
              });
            if (ended.signal.aborted) break;
          }
          // A cursor of a lost epoch is ahead of the counter.
          cursor = Math.min(cursor, journal.last);
          await journal.more(cursor, ended.signal);
        }
        call.end();
      })();
    },
    ack: unary(({ n }) => {
      journal.ack(n);
      return {};
    }),
    openSlot: unary((request) => {
      const play = known(request.play);
      const machine = play.request.machines.find((one) => one.name === request.machine);
      if (!machine) throw failure(status.NOT_FOUND, `the play has no machine ${request.machine}`);
      if (machine.noSsh)
        throw failure(status.PERMISSION_DENIED, `machine ${machine.name} has no terminal`);
      const session = /^[A-Za-z0-9-]{6,64}$/.test(request.session)
        ? request.session
        : randomBytes(9).toString("hex");
      const user = request.user || machine.defaultUser || "laborant";
      if (!/^[a-z_][a-z0-9_-]*$/i.test(user))
        throw failure(status.INVALID_ARGUMENT, "that is no user name");
      const token = slots.open({
        play: request.play,
        machine: machine.name,
        user,
        exec: request.exec,
        session,
      });
      return { token, session, path: `/terminal/${token}` };
    }),
    submitTaskInput: unary(({ play, task, value, destination }) => {
      const it = known(play);
      try {
        it.submit(task, value, destination);
      } catch (error) {
        throw failure(status.UNAVAILABLE, (error as Error).message);
      }
      return {};
    }),
    describePlay: unary(async ({ play }) => ({
      tasksJson: JSON.stringify(await known(play).describe()),
    })),
    capacity: unary(() => ({
      plays: plays.size,
      maxPlays: MAX_PLAYS,
      images: options.images,
      version: "0.1.0",
      host: options.host,
      backend: plays.driver.backend,
    })),
  };
  const server = new Server({ "grpc.max_receive_message_length": 32_000_000 });
  server.addService(HostService, implementation);
  const file = (name: string) => readFileSync(join(options.pki, name));
  const credentials = ServerCredentials.createSsl(
    file("ca.pem"),
    [{ private_key: file("host.key"), cert_chain: file("host.pem") }],
    true,
  );
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${options.port}`, credentials, (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return server;
}
