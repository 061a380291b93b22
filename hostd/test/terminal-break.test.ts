import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { serviceLog } from "@agon/daemon/log";
import { until } from "@agon/testing/until";
import { MachineChannel } from "../src/machine-channel.ts";
import { MachineTerminals } from "../src/terminals.ts";
import { Terminal } from "./host-rig.ts";

/** The way between a machine and its host, which may break with bytes under way. */
class Way {
  readonly #pairs = new Set<Socket>();
  readonly #server: Server;
  open = true;

  constructor(from: string, to: string) {
    this.#server = createServer((near) => {
      const far = connect(to);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#pairs.add(one);
        one.on("error", () => undefined);
        one.on("close", () => (this.#pairs.delete(one), other.destroy()));
        one.pipe(other);
      }
      if (!this.open) this.break();
    });
    this.#server.listen(from);
  }

  break(): void {
    for (const socket of this.#pairs) socket.destroy();
  }

  close(): void {
    this.break();
    this.#server.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "agon-break-"));
const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
let way: Way;
let channel: MachineChannel;
let holder: ChildProcess;
let hellos = 0;

beforeAll(async () => {
  channel = new MachineChannel(
    folder,
    {
      configure: () => {
        throw new Error("no examiner dials here");
      },
      connected: () => undefined,
      taskChanged: () => Promise.resolve(),
      input: () => undefined,
      ready: () => undefined,
      terminalsConnected: () => undefined,
      terminalsMessage: (message) => {
        terminals.message(message);
        if (message.$case === "hello") hellos++;
      },
    },
    serviceLog("test"),
  );
  const terminals = new MachineTerminals(
    "m",
    (command) => channel.tellTerminals(command),
    () => undefined,
  );
  terminals.machineState("RUNNING");
  await channel.listen();
  way = new Way(join(folder, "machine.sock"), join(folder, "hostd.sock"));
  sockets.on("connection", (socket, request) => {
    const exec = request.url === "/exec";
    void terminals.serve(socket, { user: "root", exec, session: exec ? "" : "tab" });
  });
  const program = join(process.env["AGON_TEST_EXAMINER_DIR"] ?? "", "bin/terminals");
  holder = spawn(program, {
    stdio: "inherit",
    env: { PATH: process.env["PATH"], AGON_HOST_SOCKET: join(folder, "machine.sock") },
  });
  await until("the holder dials", () => hellos === 1);
});

afterAll(async () => {
  for (const client of sockets.clients) client.terminate();
  sockets.close();
  const gone = new Promise((resolve) => holder.once("close", resolve));
  if (holder.kill()) await gone;
  way.close();
  channel.close();
  rmSync(folder, { recursive: true, force: true });
});

const client = async (path: string): Promise<Terminal> => {
  const terminal = new Terminal(
    `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}/${path}`,
  );
  await terminal.opened;
  return terminal;
};

/** Breaks the way, and waits until the holder has dialled again. */
async function breakOnce(): Promise<void> {
  const before = hellos;
  way.break();
  await until("the holder dials again", () => hellos > before);
}

test("what an exec is sent comes whole and once, over breaks of the way to the machine", async () => {
  const bytes = randomBytes(4 * 2 ** 20);
  const exec = await client("exec");
  exec.write(`{\necho begun; head -c ${bytes.length} | sha256sum; exit 3\n}\n`);
  await until("it runs", () => exec.text === "begun\n");
  for (let at = 0; at < bytes.length; at += 2 ** 19) {
    for (let part = at; part < at + 2 ** 19; part += 2 ** 16)
      exec.send(0, bytes.subarray(part, part + 2 ** 16));
    await breakOnce();
  }
  await until("the exec ends", () => exec.exit !== undefined);
  expect(exec.text).toBe(`begun\n${createHash("sha256").update(bytes).digest("hex")}  -\n`);
  expect(exec.exit).toBe(3);
});

test("a line that is typed while the way is broken runs once when it is there again", async () => {
  const shell = await client("shell");
  const first = await shell.pid("first");
  way.open = false;
  way.break();
  shell.write("echo typed-$((40 + 2))\n");
  way.open = true;
  expect(await shell.pid("second")).toBe(first);
  expect(shell.text.split("typed-42")).toHaveLength(2);
});

test("an exec that lost a part of its input for good is ended, and does not wait for it", async () => {
  const exec = await client("exec");
  exec.write("{\necho begun; head -c 9000000 | wc -c\n}\n");
  await until("it runs", () => exec.text === "begun\n");
  way.open = false;
  way.break();
  for (let part = 0; part < 48; part++) exec.send(0, randomBytes(2 ** 16));
  await until("all of it came to the host", () => exec.socket.bufferedAmount === 0);
  exec.socket.ping();
  await new Promise((resolve) => exec.socket.once("pong", resolve));
  way.open = true;
  await until("the exec ends", () => exec.exit === 255);
});
