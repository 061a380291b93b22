import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveLocal } from "../src/local-socket.ts";
import { Rig, task } from "./rig.ts";

let it: Rig;
let server: Server | undefined;
const sockets = new Set<Socket>();
beforeEach(() => {
  it = new Rig();
});
afterEach(() => {
  server?.close();
  it.close();
});

const serve = () => {
  server = serveLocal(it.examiner, it.path("socket"));
  server.on("connection", (socket) => sockets.add(socket));
};

/** Runs the real command as a process of its own. */
function ctl(args: string[], input = ""): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(import.meta.dirname, "../src/examinerctl.ts"),
        ...args,
      ],
      { env: { PATH: process.env["PATH"], AGON_EXAMINER_SOCKET: it.path("socket") } },
    );
    const result = { code: 0, out: "", err: "" };
    child.stdout.on("data", (part: Buffer) => (result.out += part.toString()));
    child.stderr.on("data", (part: Buffer) => (result.err += part.toString()));
    child.stdin.end(input);
    child.on("close", (code) => resolve({ ...result, code: code ?? -1 }));
  });
}

test("ls lists names and states; get tells a learner no script and no output", async () => {
  it.start([task("a", { run: "echo secret" }), task("b", { needs: ["a"] })]);
  serve();
  await it.until("a", 40);
  const { code, out } = await ctl(["task", "ls"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^a +regular +m +completed$/m);
  const got = await ctl(["task", "get", "b"]);
  expect(JSON.parse(got.out)).toMatchObject({ name: "b", needs: ["a"] });
  expect((await ctl(["task", "get", "a"])).out).not.toContain("secret");
});

test("wait: 0 when completed, 2 when failed, 3 when the time is over, 1 for wrong use", async () => {
  const gate = it.gate("a");
  it.start([
    task("done", { run: "true" }),
    task("open", { run: gate.script }),
    task("bad", { failcheck: `[ ! -f ${it.path("bad")} ]` }),
  ]);
  serve();
  await it.until("done", 40);
  expect((await ctl(["task", "wait", "done"])).code).toBe(0);
  const late = await ctl(["task", "wait", "open", "--timeout", "1s"]);
  expect(late.code).toBe(3);
  expect(late.err).toContain("open was not completed within 1s");
  const waited = ctl(["task", "wait", "open", "--timeout=1m30s"]);
  await gate.give("exit 0");
  expect((await waited).code).toBe(0);
  const failing = ctl(["task", "wait", "bad"]);
  await ctl(["task", "ls"]);
  writeFileSync(it.path("bad"), "");
  expect((await failing).code).toBe(2);
  expect((await ctl(["task", "wait", "bad", "--timeout", "soon"])).code).toBe(1);
  expect((await ctl(["task", "run", "bad"])).code).toBe(1);
  expect((await ctl([])).err).toContain("usage");
});

test("wait outlives a restart of the daemon, and waits for a task that is not there yet", async () => {
  it.start([task("a")]);
  serve();
  const first = ctl(["task", "wait", "a"]);
  const early = ctl(["task", "wait", "later"]);
  await new Promise<void>((done) => server!.once("connection", () => done()));
  // As the end of the daemon's process would.
  for (const socket of sockets) socket.destroy();
  server!.close();
  it.stop();
  it.start([task("a", { run: "true" }), task("later", { run: "true" })]);
  serve();
  expect((await first).code).toBe(0);
  expect((await early).code).toBe(0);
});

test("input is what stands on standard input, byte for byte; a refused one tells why", async () => {
  it.start([task("a", { run: '[ "x(.input)" = "two words" ]' })]);
  serve();
  expect((await ctl(["task", "input", "a"], "two words")).code).toBe(0);
  await it.until("a", 40);
  const again = await ctl(["task", "input", "a"], "late");
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain("completed already");
});

test("options may stand before the task; what is no command is refused at once, with usage", async () => {
  it.start([task("open")]);
  serve();
  expect((await ctl(["task", "wait", "--timeout", "10ms", "open"])).code).toBe(3);
  for (const wrong of [
    ["task", "wait", "open", "--forever"],
    ["task", "wait", "open", "another"],
    ["task", "ls", "--timeout", "1s"],
    ["task", "get"],
  ]) {
    const { code, err } = await ctl(wrong);
    expect({ wrong, code, usage: err.includes("usage") }).toEqual({ wrong, code: 1, usage: true });
  }
});

test("an input that is too large is refused at once", async () => {
  it.start([task("a")]);
  serve();
  const { code, err } = await ctl(["task", "input", "a"], "x".repeat(100_000));
  expect({ code, err }).toEqual({ code: 1, err: "an input has at most 4096 bytes\n" });
});
