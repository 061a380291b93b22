import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { bashFunctions } from "./bash-functions.ts";

/** Bytes kept of each stream: the last ones. */
export const OUTPUT_BYTES = 65_536;
/** Milliseconds between TERM and KILL of a script that ran out of time. */
const GRACE = 1_000;
/** PATH of spec 3.6. */
const PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin:/usr/local/go/bin";

/** How a script ended. `exitCode` is 128 + signal when one killed it, 124 on a timeout. */
export interface ScriptResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** An account of the machine by name; undefined when /etc/passwd does not have it. */
export function account(name: string): Account | undefined {
  const passwd = existsSync("/etc/passwd") ? readFileSync("/etc/passwd", "utf8") : "";
  const fields = passwd
    .split("\n")
    .map((row) => row.split(":"))
    .find((row) => row[0] === name);
  return fields
    ? { name, uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] || "/" }
    : undefined;
}

class Tail {
  #parts: Buffer[] = [];
  #bytes = 0;

  add(part: Buffer): void {
    this.#parts.push(part);
    this.#bytes += part.length;
    while (this.#bytes - this.#parts[0]!.length >= OUTPUT_BYTES)
      this.#bytes -= this.#parts.shift()!.length;
  }

  text(): string {
    return Buffer.concat(this.#parts).subarray(-OUTPUT_BYTES).toString("utf8");
  }
}

/**
 * Ends scripts that an examiner which was killed left running: a file in the scratch folder is a script
 * that had not ended. What an ended script left in the background is not touched.
 */
export function endLeftovers(scratch: string): void {
  if (!existsSync(scratch)) return;
  const files = readdirSync(scratch).map((name) => join(scratch, name));
  if (files.length === 0) return;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      // The script leads its own group.
      if (files.some((file) => command.includes(file))) process.kill(-Number(pid), "SIGKILL");
    } catch {
      // It ended meanwhile, or is no leader: a child of one that is.
    }
  }
  for (const file of files) rmSync(file, { force: true });
}

/**
 * Runs one script with bash in a fresh process group, as a user, with a clean environment.
 * The group is ended (TERM, then KILL) after `timeoutSeconds`, or when `signal` fires.
 */
export async function runScript(
  script: string,
  options: {
    user: string;
    env: Record<string, string>;
    timeoutSeconds: number;
    labUser: string;
    signal: AbortSignal;
    scratch: string;
  },
): Promise<ScriptResult> {
  const who = account(options.user || "root");
  if (!who)
    return {
      exitCode: 1,
      stdout: "",
      stderr: `There is no user ${options.user} on this machine.\n`,
      timedOut: false,
    };
  mkdirSync(options.scratch, { recursive: true, mode: 0o711 });
  const file = join(options.scratch, randomBytes(8).toString("hex"));
  writeFileSync(file, `${bashFunctions}\n${script}\n`, { mode: 0o600 });
  const root = process.getuid?.() === 0;
  if (root) chownSync(file, who.uid, who.gid);
  const switched = root && who.uid !== 0;
  const setpriv = switched && existsSync("/usr/bin/setpriv");
  const command = setpriv
    ? [
        "/usr/bin/setpriv",
        `--reuid=${who.uid}`,
        `--regid=${who.gid}`,
        "--init-groups",
        "bash",
        file,
      ]
    : ["bash", file];
  const env = {
    PATH,
    LANG: "C.UTF-8",
    LAB_USER: options.labUser,
    HOME: who.home,
    USER: who.name,
    LOGNAME: who.name,
    SHELL: "/bin/bash",
    ...options.env,
  };
  try {
    return await new Promise<ScriptResult>((resolve) => {
      const child = spawn(command[0]!, command.slice(1), {
        cwd: existsSync(who.home) ? who.home : "/",
        env,
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
        ...(switched && !setpriv ? { uid: who.uid, gid: who.gid } : {}),
      });
      const [stdout, stderr] = [new Tail(), new Tail()];
      let timedOut = false;
      let killer: NodeJS.Timeout | undefined;
      child.stdout.on("data", (part: Buffer) => stdout.add(part));
      child.stderr.on("data", (part: Buffer) => stderr.add(part));
      const signalGroup = (name: NodeJS.Signals) => {
        try {
          if (child.pid) process.kill(-child.pid, name);
        } catch {
          // The group is gone already.
        }
      };
      const end = () => {
        signalGroup("SIGTERM");
        killer = setTimeout(() => signalGroup("SIGKILL"), GRACE);
      };
      const timer = setTimeout(() => {
        timedOut = true;
        end();
      }, options.timeoutSeconds * 1000);
      options.signal.addEventListener("abort", end, { once: true });
      if (options.signal.aborted) end();
      const done = (exitCode: number) => {
        clearTimeout(timer);
        clearTimeout(killer);
        // What ignored TERM in the background.
        if (timedOut || options.signal.aborted) signalGroup("SIGKILL");
        options.signal.removeEventListener("abort", end);
        // A background process of the script may hold the pipes: what is there now is the output.
        setImmediate(() => {
          child.stdout.destroy();
          child.stderr.destroy();
          resolve({
            exitCode: timedOut ? 124 : exitCode,
            stdout: stdout.text(),
            stderr: stderr.text(),
            timedOut,
          });
        });
      };
      child.once("error", (error) => {
        stderr.add(Buffer.from(`bash could not be started: ${error.message}\n`));
        done(127);
      });
      let ended = false;
      const finish = (code: number | null, signal: NodeJS.Signals | null) => {
        if (ended) return;
        ended = true;
        done(code ?? 128 + (signal === "SIGKILL" ? 9 : 15));
      };
      child.once("close", finish);
      // `exit` comes before the last bytes are read; give `close` a moment, but no more.
      child.once("exit", (code, signal) => setTimeout(() => finish(code, signal), 150));
    });
  } finally {
    rmSync(file, { force: true });
  }
}
