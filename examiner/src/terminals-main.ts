import { connect } from "node:net";
import type { TerminalsCommand, TerminalsMessage } from "@agon/protocol/machine";
import { keepStream } from "./hostd-stream.ts";
import { Session } from "./session.ts";
import { settings } from "./settings.ts";

/** Sessions of a machine at most. */
const MAX_SESSIONS = 32;
/** Milliseconds that an ended session is kept for a hostd that is away. */
const KEEP_ENDED = 300_000;
const sessions = new Map<string, Session>();
let send: (message: TerminalsMessage["message"]) => void = () => undefined;

let wakeTimer: NodeJS.Timeout | undefined;
/** Tells the examiner that a shell printed something: a prompt may have come back. */
function wake(): void {
  if (wakeTimer) return;
  wakeTimer = setTimeout(() => {
    wakeTimer = undefined;
    const socket = connect(settings.socket, () => socket.end('{"command":"wake"}\n'));
    socket.on("error", () => undefined);
    socket.resume();
  }, 40);
}

function adopt(session: Session): void {
  sessions.set(session.id, session);
  session.onOutput = ({ fd, data, offset }) => {
    send({ $case: "output", value: { session: session.id, fd, data, offset } });
    wake();
  };
  session.onExit = (code) => {
    send({ $case: "exit", value: { session: session.id, code } });
    wake();
    setTimeout(() => sessions.delete(session.id), KEEP_ENDED).unref();
  };
}

async function open(
  id: string,
  exec: boolean,
  user: string,
  rows: number,
  cols: number,
): Promise<void> {
  if (sessions.has(id)) return;
  if (
    [...sessions.values()].filter((session) => session.exitCode === undefined).length >=
    MAX_SESSIONS
  ) {
    send({
      $case: "output",
      value: {
        session: id,
        fd: exec ? 2 : 1,
        data: Buffer.from(
          `This machine has ${MAX_SESSIONS} terminals open already: close one.\r\n`,
        ),
        offset: 0,
      },
    });
    send({ $case: "exit", value: { session: id, code: 255 } });
    return;
  }
  adopt(exec ? Session.command(id, user) : await Session.shell(id, user, rows, cols));
}

keepStream<TerminalsMessage, TerminalsCommand>(
  settings.hostSocket,
  (client) => client.terminals(),
  (stream) => {
    send = (message) => void (stream.writable && stream.write({ message }));
    send({
      $case: "hello",
      value: {
        version: settings.version,
        sessions: [...sessions.values()].map(({ id, sent, pid, exec, input }) => ({
          session: id,
          sent,
          pid,
          exec,
          input,
        })),
      },
    });
    for (const { id, exitCode } of sessions.values())
      if (exitCode !== undefined) send({ $case: "exit", value: { session: id, code: exitCode } });
    return ({ command }) => {
      switch (command?.$case) {
        case "open":
          void open(
            command.value.session,
            command.value.exec,
            command.value.user,
            command.value.rows,
            command.value.cols,
          );
          break;
        case "input":
          sessions
            .get(command.value.session)
            ?.write(Buffer.from(command.value.data), command.value.eof, command.value.offset);
          break;
        case "resize":
          sessions.get(command.value.session)?.resize(command.value.rows, command.value.cols);
          break;
        case "ack":
          sessions.get(command.value.session)?.ack(command.value.offset);
          break;
        case "close": {
          const session = sessions.get(command.value.session);
          session?.close();
          // Its end is known: hello tells of it no more.
          if (session?.exitCode !== undefined) sessions.delete(session.id);
          break;
        }
        case "replay":
          sessions.get(command.value.session)?.replay(command.value.offset);
          break;
        default:
      }
    };
  },
  new AbortController().signal,
);
