import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Examiner } from "./examiner.ts";

/** Bytes of a request at most. */
const MAX_REQUEST = 16_384;
/** Connections at once. */
const MAX_CONNECTIONS = 256;

/** One request of examinerctl or of the terminal holder: a JSON line; the answer is one, too. */
interface Request {
  command: "ls" | "get" | "wait" | "input" | "wake";
  task?: string;
  value?: string;
}

/** Serves the machine's own socket, which every user may use. */
export function serveLocal(examiner: Examiner, path: string): Server {
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => socket.destroy());
    socket.setTimeout(0);
    socket.on("data", (part) => {
      text += part.toString("utf8");
      if (text.length > MAX_REQUEST) return socket.destroy();
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        void answer(examiner, socket, line);
      }
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  server.listen(path, () => chmodSync(path, 0o666));
  return server;
}

async function answer(examiner: Examiner, socket: Socket, line: string): Promise<void> {
  const reply = (value: unknown) => socket.writable && socket.write(`${JSON.stringify(value)}\n`);
  let request: Request;
  try {
    request = JSON.parse(line) as Request;
  } catch {
    reply({ error: "not JSON" });
    return;
  }
  const task = request.task ?? "";
  switch (request.command) {
    case "ls":
      reply({ tasks: examiner.list() });
      return;
    case "get": {
      const found = examiner.get(task);
      reply(found ? { task: found } : { error: `there is no task ${task}` });
      return;
    }
    case "wait": {
      if (!examiner.list().some((one) => one.name === task)) {
        reply({ error: `there is no task ${task}`, unknown: true });
        return;
      }
      const gone = new AbortController();
      socket.once("close", () => gone.abort());
      reply({ state: await examiner.final(task, gone.signal) });
      return;
    }
    case "input": {
      const error = examiner.submit(task, Buffer.from(request.value ?? "", "base64"));
      reply(error ? { error } : { ok: true });
      return;
    }
    case "wake":
      if (!examiner.busy) examiner.wake();
      else setTimeout(() => examiner.wake(), 80);
      reply({ ok: true });
      return;
    default:
      reply({ error: "unknown command" });
  }
}
