import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import type { IPty } from "@lydell/node-pty";

/** Bytes of output kept for a reconnect, and the most that may be unacknowledged. */
const KEPT = 262_144;

/** Output of a session with the offset of its first byte. */
export interface Piece {
  fd: number;
  data: Buffer;
  offset: number;
}

/** One shell on a PTY, or one exec with pipes. */
export class Session {
  readonly id: string;
  readonly exec: boolean;
  readonly pid: number;
  #pty: IPty | undefined;
  #child: ChildProcessWithoutNullStreams | undefined;
  #pieces: Piece[] = [];
  #keptBytes = 0;
  #acked = 0;
  #paused = false;
  sent = 0;
  /** Bytes of input that came. */
  input = 0;
  /** Exit code once it ended. */
  exitCode: number | undefined;
  onOutput: (piece: Piece) => void = () => undefined;
  onExit: (code: number) => void = () => undefined;

  private constructor(id: string, exec: boolean, pid: number) {
    this.id = id;
    this.exec = exec;
    this.pid = pid;
  }

  /** An interactive login shell of a user. */
  static async shell(id: string, user: string, rows: number, cols: number): Promise<Session> {
    const pty = await import("@lydell/node-pty");
    const su = existsSync("/bin/su") || existsSync("/usr/bin/su");
    const env = {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      COLORTERM: "truecolor",
    };
    const terminal = pty.spawn(
      su ? "su" : "/bin/sh",
      su ? ["-l", "-w", "LANG,COLORTERM", user] : ["-l"],
      { name: "xterm-256color", rows: rows || 24, cols: cols || 80, cwd: "/", env, encoding: null },
    );
    const session = new Session(id, false, terminal.pid);
    session.#pty = terminal;
    terminal.onData((data) => session.#produced(1, Buffer.from(data)));
    terminal.onExit(({ exitCode, signal }) => session.#ended(signal ? 128 + signal : exitCode));
    return session;
  }

  /** bash fed by stdin, stdout and stderr apart. */
  static command(id: string, user: string): Session {
    const child = spawn("su", ["-l", user, "-c", "exec bash"], {
      cwd: "/",
      detached: true,
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        LANG: "C.UTF-8",
      },
    });
    const session = new Session(id, true, child.pid ?? 0);
    session.#child = child;
    child.stdout.on("data", (data: Buffer) => session.#produced(1, data));
    child.stderr.on("data", (data: Buffer) => session.#produced(2, data));
    child.stdin.on("error", () => undefined); // bash ended before it read everything
    child.on("error", () => session.#ended(127));
    let code = 255;
    child.on("exit", (exit, signal) => {
      code = exit ?? (signal ? 128 + 9 : 255);
      // What it left in the background may hold the pipes for ever.
      setTimeout(() => session.#ended(code), 300);
    });
    child.on("close", () => session.#ended(code));
    return session;
  }

  #produced(fd: number, data: Buffer): void {
    for (let from = 0; from < data.length; from += 32_768) {
      const piece = { fd, data: data.subarray(from, from + 32_768), offset: this.sent };
      this.sent += piece.data.length;
      this.#pieces.push(piece);
      this.#keptBytes += piece.data.length;
      this.onOutput(piece);
    }
    while (this.#keptBytes > KEPT && this.#pieces.length > 1)
      this.#keptBytes -= this.#pieces.shift()!.data.length;
    this.#flow();
  }

  #flow(): void {
    const full = this.sent - this.#acked > KEPT;
    if (full === this.#paused) return;
    this.#paused = full;
    for (const stream of [this.#pty, this.#child?.stdout, this.#child?.stderr]) {
      if (full) stream?.pause();
      else stream?.resume();
    }
  }

  #ended(code: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = code;
    this.onExit(code);
  }

  ack(offset: number): void {
    this.#acked = Math.max(this.#acked, offset);
    this.#flow();
  }

  /** Sends again from an offset, or from the oldest byte kept. */
  replay(offset: number): void {
    for (const piece of this.#pieces) {
      if (piece.offset + piece.data.length <= offset) continue;
      const skip = Math.max(0, offset - piece.offset);
      this.onOutput({ fd: piece.fd, data: piece.data.subarray(skip), offset: piece.offset + skip });
    }
  }

  /** @param offset of the first byte: what came already, before a break of the line, is left out; none = it is all new. */
  write(all: Buffer, eof: boolean, offset = this.input): void {
    const data = all.subarray(Math.max(0, this.input - offset));
    this.input = Math.max(this.input, offset + all.length);
    if (this.#pty) {
      if (data.length) this.#pty.write(data as unknown as string);
    } else if (this.#child?.stdin.writable) {
      if (data.length) this.#child.stdin.write(data);
      if (eof) this.#child.stdin.end();
    }
  }

  resize(rows: number, cols: number): void {
    if (this.exitCode === undefined && rows > 0 && cols > 0)
      this.#pty?.resize(Math.min(cols, 1000), Math.min(rows, 1000));
  }

  /** Hangs up: SIGHUP to the group, SIGKILL for what stays. */
  close(): void {
    if (this.exitCode !== undefined) return;
    for (const [delay, signal] of [
      [0, "SIGHUP"],
      [2_000, "SIGKILL"],
    ] as const) {
      setTimeout(() => {
        try {
          if (this.exitCode === undefined && this.pid) process.kill(-this.pid, signal);
        } catch {
          // Gone.
        }
      }, delay);
    }
  }
}
