import { connect } from "node:net";
import { parseArgs } from "node:util";
import { TaskState, taskStateName } from "@agon/protocol/task-state";
import { parseDuration } from "./duration.ts";
import { INPUT_BYTES } from "./limits.ts";
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

/** Words and `--timeout` in any order; undefined when they make no command. */
function read(args: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { timeout: { type: "string" } },
    });
    const [noun, verb = "", task = "", ...more] = positionals;
    const known = noun === "task" && (verb === "ls" ? !task : task !== "" && more.length === 0);
    if (!known || (values.timeout !== undefined && verb !== "wait")) return undefined;
    return { verb, task, timeout: values.timeout };
  } catch {
    return undefined; // an option that does not exist
  }
}

async function main(args: string[]): Promise<number> {
  const command = read(args);
  if (!command) {
    console.error(usage);
    return 1;
  }
  const { verb, task, timeout } = command;
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
      if (reply.error) console.error(reply.error);
      else console.log(JSON.stringify(reply.task, null, 2));
      return reply.error ? 1 : 0;
    }
    case "wait": {
      const limit = timeout === undefined ? undefined : parseDuration(timeout);
      if (timeout !== undefined && limit === undefined) {
        console.error(`--timeout takes a duration such as 30s or 1h30m\n${usage}`);
        return 1;
      }
      if (limit !== undefined) {
        setTimeout(() => {
          console.error(`${task} was not completed within ${timeout}`);
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
      let bytes = 0;
      for await (const part of process.stdin) {
        parts.push(part as Buffer);
        bytes += (part as Buffer).length;
        if (bytes > INPUT_BYTES) {
          console.error(`an input has at most ${INPUT_BYTES} bytes`);
          return 1;
        }
      }
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
