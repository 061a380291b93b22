import { connect } from "node:net";
import { TaskState, taskStateName } from "@agon/protocol/task-state";
import { parseDuration } from "./duration.ts";
import { settings } from "./settings.ts";

/** Milliseconds in which an unknown task or a daemon that restarts is waited for (spec 6). */
const PATIENCE = 30_000;
const usage = `usage: examinerctl task ls
       examinerctl task get TASK
       examinerctl task wait TASK [--timeout 30s]
       examinerctl task input TASK < answer`;

interface Reply {
  error?: string;
  unknown?: boolean;
  tasks?: { name: string; machine: string; kind: string; state: number }[];
  task?: Record<string, unknown>;
  state?: number;
  ok?: boolean;
}

/** One request; undefined when the daemon is away or went away. */
function ask(request: object): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const socket = connect(settings.socket);
    let text = "";
    socket.on("connect", () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on("data", (part) => {
      text += part.toString("utf8");
      if (text.includes("\n")) {
        resolve(JSON.parse(text.slice(0, text.indexOf("\n"))) as Reply);
        socket.destroy();
      }
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

async function patiently(request: object): Promise<Reply> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const reply = await ask(request);
    if (reply && !reply.unknown) return reply;
    if (Date.now() > until) return reply ?? { error: "the examiner does not answer" };
    await new Promise((done) => setTimeout(done, 500));
  }
}

async function main(args: string[]): Promise<number> {
  const [noun, verb, task, ...rest] = args;
  if (noun !== "task" || !verb || (verb !== "ls" && !task)) {
    console.error(usage);
    return 1;
  }
  switch (verb) {
    case "ls": {
      const reply = await patiently({ command: "ls" });
      if (reply.error) break;
      for (const one of reply.tasks ?? [])
        console.log(
          `${one.name.padEnd(32)} ${one.kind.padEnd(8)} ${one.machine.padEnd(16)} ${taskStateName(one.state)}`,
        );
      return 0;
    }
    case "get": {
      const reply = await patiently({ command: "get", task });
      console.log(reply.error ?? JSON.stringify(reply.task, null, 2));
      return reply.error ? 1 : 0;
    }
    case "wait": {
      const flag = rest.findIndex((one) => one === "--timeout" || one.startsWith("--timeout="));
      const text =
        flag < 0
          ? undefined
          : rest[flag]!.includes("=")
            ? rest[flag]!.split("=")[1]!
            : rest[flag + 1];
      const limit = text === undefined ? undefined : parseDuration(text);
      if (flag >= 0 && limit === undefined) {
        console.error(`--timeout takes a duration such as 30s or 1h30m\n${usage}`);
        return 1;
      }
      if (limit !== undefined) {
        setTimeout(() => {
          console.error(`${task} was not completed within ${text}`);
          process.exit(3);
        }, limit);
      }
      for (;;) {
        const reply = await patiently({ command: "wait", task });
        if (reply.error) {
          console.error(reply.error);
          return 1;
        }
        if (reply.state === TaskState.completed) return 0;
        if (reply.state === TaskState.failed) {
          console.error(`${task} failed`);
          return 2;
        }
      }
    }
    case "input": {
      const parts: Buffer[] = [];
      for await (const part of process.stdin) parts.push(part as Buffer);
      const reply = await patiently({
        command: "input",
        task,
        value: Buffer.concat(parts).toString("base64"),
      });
      if (reply.error) console.error(reply.error);
      return reply.error ? 1 : 0;
    }
    default:
      console.error(usage);
      return 1;
  }
  console.error("the examiner does not answer");
  return 1;
}

process.exit(await main(process.argv.slice(2)));
