import { readFileSync } from "node:fs";
import type { ExaminerCommand, ExaminerMessage } from "@agon/protocol/machine";
import { Examiner } from "./examiner.ts";
import { keepStream } from "./hostd-stream.ts";
import { serveLocal } from "./local-socket.ts";
import { watchPrompts } from "./prompt-file.ts";
import { endLeftovers } from "./script.ts";
import { settings } from "./settings.ts";
import { sshReady } from "./ssh-ready.ts";
import { TaskBook } from "./task-book.ts";
import { WatchedPaths } from "./watched-paths.ts";

process.umask(0o022);
endLeftovers(settings.scriptFolder);
const examiner = new Examiner(new TaskBook(settings.stateFolder), settings.scriptFolder);
const paths = new WatchedPaths((path) => examiner.touched(path));
examiner.onScripts = (scripts) => paths.set(scripts);
const local = serveLocal(examiner, settings.socket);
const unwatchPrompts = watchPrompts(settings.promptFile, () => examiner.wake());
const stop = new AbortController();

function bootId(): string {
  try {
    return readFileSync("/proc/1/stat", "utf8").split(" ")[21] ?? "";
  } catch {
    return "";
  }
}

/** The look for sshd of the present connection. */
let looking: AbortController | undefined;

keepStream<ExaminerMessage, ExaminerCommand>(
  settings.hostSocket,
  (client) => client.examiner(),
  (stream) => {
    const send = (message: ExaminerMessage["message"]) =>
      stream.writable && stream.write({ message });
    send({
      $case: "hello",
      value: { version: settings.version, configured: examiner.configured, bootId: bootId() },
    });
    looking?.abort();
    const { signal } = (looking = new AbortController());
    let looks = false;
    examiner.onChange = (value) =>
      new Promise<void>((left) => {
        if (!stream.writable) return left();
        stream.write({ message: { $case: "taskChanged", value } }, () => left());
      });
    examiner.forwardInput = (task, value) => send({ $case: "input", value: { task, value } });
    return ({ command }) => {
      switch (command?.$case) {
        case "configure":
          // A live change of the graph configures again.
          if (!looks)
            void sshReady(signal).then((ready) => ready && send({ $case: "ready", value: {} }));
          looks = true;
          // What was not acknowledged before goes first, in order; new changes follow.
          for (const taskChanged of examiner.unacked)
            send({ $case: "taskChanged", value: taskChanged });
          examiner.configure(command.value);
          break;
        case "ack":
          examiner.ack(command.value.version);
          break;
        case "submitInput":
          examiner.submit(
            command.value.task,
            Buffer.from(command.value.value),
            command.value.destination,
          );
          break;
        case "peerChanged":
          examiner.peer(command.value);
          break;
        case "attended":
          examiner.attend(command.value.attended);
          break;
        case "describe":
          send({
            $case: "tasks",
            value: { request: command.value.request, json: examiner.describe() },
          });
          break;
        case "describeRuns": {
          const { request, task } = command.value;
          send({ $case: "tasks", value: { request, json: examiner.describeRuns(task) } });
          break;
        }
        case "runTask": {
          const { request, task } = command.value;
          void examiner
            .dryRun(task)
            .then((json) => send({ $case: "tasks", value: { request, json } }));
          break;
        }
        case "freeze":
          examiner.freeze();
          break;
        default:
      }
    };
  },
  stop.signal,
);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    stop.abort();
    looking?.abort();
    examiner.stop();
    paths.close();
    unwatchPrompts();
    local.close();
    // TERM was sent to running scripts; KILL follows after a second.
    setTimeout(() => process.exit(0), 1_200);
  });
}
