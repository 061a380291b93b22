import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { Catalogue, Challenge, Task } from "@agon/content/model";
import type {
  CapacityReply,
  HostEvent,
  HostServer,
  StartPlayRequest,
  SubmitTaskInputRequest,
  WatchRequest,
} from "@agon/protocol/host";
import { HostService } from "@agon/protocol/host";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

/** A CA with a certificate for the host and one for api, as the front door makes them. */
export function makePki(): string {
  const dir = mkdtempSync(join(tmpdir(), "agon-api-pki-"));
  const run = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=agon",
    "-days",
    "2",
  );
  writeFileSync(join(dir, "san"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  for (const name of ["host", "api"]) {
    run("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    run("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
      "-out", `${name}.pem`, "-days", "2", "-extfile", "san"); // prettier-ignore
  }
  return dir;
}

/** The world out of reach: a host that speaks the real protocol and says what a test wants. */
export class RigHost {
  readonly events: HostEvent[] = [];
  readonly started = new Map<string, StartPlayRequest>();
  readonly inputs: SubmitTaskInputRequest[] = [];
  acked = 0;
  draining = false;
  epochs: number[] = [];
  #streams = new Set<ServerWritableStream<WatchRequest, HostEvent>>();
  #server = new Server();
  port = 0;

  async open(pki: string): Promise<void> {
    const pem = (name: string) => readFileSync(join(pki, name));
    const service: HostServer = {
      startPlay: (call, done) => {
        if (!this.started.has(call.request.play)) {
          this.started.set(call.request.play, call.request);
          this.emit(call.request.play, {
            $case: "state",
            value: { state: "WARMING_UP", reason: "" },
          });
          this.emit(call.request.play, { $case: "state", value: { state: "RUNNING", reason: "" } });
        }
        done(null, { host: "host-1" });
      },
      destroyPlay: (call, done) => {
        if (this.started.delete(call.request.play))
          this.emit(call.request.play, {
            $case: "state",
            value: { state: "DESTROYED", reason: "" },
          });
        done(null, {});
      },
      watch: (stream) => {
        const epoch = stream.request.leaseEpoch;
        if (epoch < Math.max(0, ...this.epochs)) {
          stream.destroy(
            Object.assign(new Error("old lease"), { code: status.FAILED_PRECONDITION }),
          );
          return;
        }
        this.epochs.push(epoch);
        for (const event of this.events) if (event.n > stream.request.after) stream.write(event);
        this.#streams.add(stream);
        stream.on("cancelled", () => this.#streams.delete(stream));
      },
      ack: (call, done) => {
        this.acked = call.request.n;
        done(null, {});
      },
      openSlot: (call, done) =>
        done(null, { token: "t", session: call.request.session || "s1", path: "/terminal/t" }),
      submitTaskInput: (call, done) => {
        this.inputs.push(call.request);
        done(null, {});
      },
      describePlay: (_call, done) => done(null, { tasksJson: "[]" }),
      capacity: (_call, done) => done(null, this.#capacity()),
      drain: (call, done) => {
        this.draining = call.request.on;
        done(null, this.#capacity());
      },
      stats: (_call, done) => done(null, { machines: [] }),
    };
    this.#server.addService(HostService, service);
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(
        "127.0.0.1:0",
        ServerCredentials.createSsl(
          pem("ca.pem"),
          [{ private_key: pem("host.key"), cert_chain: pem("host.pem") }],
          true,
        ),
        (error, port) => (error ? reject(error) : resolve(port)),
      ),
    );
  }

  #capacity(): CapacityReply {
    return {
      plays: this.started.size,
      maxPlays: 50,
      images: ["debian-12"],
      version: "1",
      host: "host-1",
      backend: "container",
      draining: this.draining,
      load: 0,
      cores: 2,
      memoryBytes: 1,
      memoryFreeBytes: 1,
      diskFreeBytes: 1,
      terminals: 0,
      backends: ["container"],
      accelerator: "",
      acceleratorReason: "",
    };
  }

  emit(play: string, event: HostEvent["event"], atMs = Date.now()): HostEvent {
    const n = this.events.length + 1;
    const item: HostEvent = { n, epoch: "e1", play, atMs, event, observedMs: atMs };
    this.events.push(item);
    for (const stream of this.#streams) stream.write(item);
    return item;
  }

  /** Sends an event again, as a host does that did not see its ack. */
  repeat(event: HostEvent): void {
    for (const stream of this.#streams) stream.write(event);
  }

  task(
    play: string,
    task: string,
    state: number,
    rest: { hint?: string; atMs?: number; machine?: string } = {},
  ) {
    return this.emit(
      play,
      {
        $case: "task",
        value: {
          machine: rest.machine ?? "m1",
          changed: {
            task,
            state,
            version: this.events.length + 1,
            hint: rest.hint ?? "",
            failure: "",
            blockedBy: [],
            outputs: { stdout: "secret-output", stderr: "", exitCode: 0, input: "" },
            rounds: 1,
            atMs: rest.atMs ?? Date.now(),
          },
        },
      },
      rest.atMs,
    );
  }

  close(): void {
    this.#server.forceShutdown();
  }
}

function task(name: string, rest: Partial<Task> = {}): Task {
  return {
    name,
    kind: "regular",
    machine: "m1",
    user: "",
    needs: [],
    env: [],
    run: "secret-run",
    failcheck: "",
    hintcheck: "",
    timeoutSeconds: 10,
    destination: "",
    shareOutputs: false,
    title: name,
    input: false,
    validateRegex: "",
    vars: {},
    conditions: [],
    ...rest,
  };
}

/** A small challenge: one init task, two regular ones (the second takes an answer), one helper. */
export function challenge(name: string): Challenge {
  return {
    name,
    title: `Title of ${name}`,
    description: "Words",
    difficulty: "easy",
    categories: ["linux"],
    tags: ["a"],
    body: "Body",
    hints: [
      { id: "hint-1", title: "One", body: "secret-hint-1" },
      { id: "hint-2", title: "Two", body: "secret-hint-2" },
    ],
    tasks: [
      task("init_it", { kind: "init" }),
      task("first"),
      task("second", { input: true, destination: "/tmp/answer" }),
      task("aid", { kind: "helper" }),
    ],
    playground: {
      name: "pg",
      title: "pg",
      machines: [
        {
          name: "m1",
          image: "debian-12",
          users: [{ name: "laborant", default: true, welcome: "" }],
          defaultUser: "laborant",
          noSSH: false,
          cpuCount: 1,
          memoryBytes: 1 << 28,
          diskBytes: 1 << 30,
          interfaces: [],
          startupFiles: [],
        },
      ],
      networks: [],
      startupFiles: [],
      initTasks: [],
      initConditions: [],
    },
    solution: "secret-solution",
    scripts: { ".solution.sh": "secret-script" },
    version: `version-of-${name}`,
    folder: "/nowhere",
  };
}

export function catalogue(...names: string[]): Catalogue {
  return {
    challenges: new Map(names.map((name) => [name, challenge(name)])),
    playgrounds: new Map(),
    problems: [],
  };
}

export interface Answer {
  // Answers of any operation: each test knows the shape of its own.
  data: Record<string, any>; // oxlint-disable-line no-explicit-any
  errors?: { message: string; extensions?: { code?: string; help?: string } }[];
}

/** One person's browser. */
export class Browser {
  port: number;
  headers: Record<string, string>;
  constructor(port: number, headers: Record<string, string> = {}) {
    this.port = port;
    this.headers = headers;
  }

  async post(path: string, body: unknown): Promise<Response> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: `http://127.0.0.1:${this.port}`,
        ...this.headers,
      },
      body: JSON.stringify(body),
    });
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    if (cookies.length) this.headers = { ...this.headers, cookie: cookies.join("; ") };
    return response;
  }

  async ask(query: string, variables: object = {}): Promise<Answer> {
    const response = await this.post("/graphql", { query, variables });
    return (await response.json()) as Answer;
  }

  async signUp(handle: string): Promise<this> {
    const response = await this.post("/api/auth/sign-up/email", {
      email: `${handle}@example.org`,
      password: "correct horse",
      name: handle,
      handle,
    });
    if (!response.ok) throw new Error(`sign-up: ${response.status} ${await response.text()}`);
    return this;
  }

  /** The same session at another api process. */
  at(port: number): Browser {
    return new Browser(port, this.headers);
  }

  subscribe(query: string, variables: Record<string, unknown> = {}) {
    const headers = this.headers;
    class Socket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers });
      }
    }
    const client = createClient({
      url: `ws://127.0.0.1:${this.port}/graphql`,
      webSocketImpl: Socket,
      retryAttempts: 0,
    });
    // As Answer.data: what comes is of the shape that the test asked for.
    const got: Record<string, any>[] = []; // oxlint-disable-line no-explicit-any
    const stop = client.subscribe(
      { query, variables },
      {
        next: (value) => got.push((value.data ?? { errors: value.errors }) as never),
        error: (error) => got.push({ error }),
        complete: () => {},
      },
    );
    return {
      got,
      close: () => {
        stop();
        void client.dispose();
      },
    };
  }
}

/** Polls until a condition holds. */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  seconds = 60,
): Promise<NonNullable<T>> {
  const end = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < end) {
    try {
      last = await read();
      if (last) return last as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`not reached in ${seconds} s: ${what} (last: ${String(last)})`);
}
