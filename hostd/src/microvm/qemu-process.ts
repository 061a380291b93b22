// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { spawn } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Frugal } from "./frugal.ts";
import type { QemuJail } from "./qemu-jail.ts";
import { FILES } from "./qemu-line.ts";

/** A process that outlives hostd, told from a later one with the same number. */
export interface ProcessMark {
  pid: number;
  /** Field 22 of /proc/PID/stat: ticks since boot. */
  startTime: string;
}

/** A file that QEMU inherits under a number. */
export interface Inherited {
  number: number;
  path: string;
  write?: boolean;
}

function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name is in brackets and may hold anything.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Whether the process still runs; one that ended and waits for its parent does not. */
export function lives({ pid, startTime }: ProcessMark): boolean {
  const fields = statFields(pid);
  return fields !== undefined && fields[0] !== "Z" && fields[19] === startTime;
}

/**
 * Starts QEMU as its own session, so that it outlives hostd, as an unprivileged user who owns no
 * file, without capabilities, in a file system with nothing of the host's, and in the network
 * namespace that is given, else in one without a cable.
 * @param log file that takes what QEMU says.
 */
export async function startQemu(options: {
  args: string[];
  files: Inherited[];
  uid: number;
  jail: QemuJail;
  space: string | undefined;
  log: string;
  frugal: Frugal;
}): Promise<ProcessMark> {
  const { args, uid, jail, space, log, frugal } = options;
  const files = frugal.preload
    ? [...options.files, { number: FILES.preload, path: frugal.preload }]
    : options.files;
  const opened: number[] = [];
  try {
    const said = openSync(log, "w", 0o600);
    opened.push(said);
    const stdio: ("ignore" | number)[] = ["ignore", said, said];
    for (const { number, path, write } of files) {
      while (stdio.length < number) stdio.push("ignore");
      const file = openSync(path, write ? constants.O_RDWR : constants.O_RDONLY);
      opened.push(file);
      stdio[number] = file;
    }
    const setpriv = [
      ...["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--no-new-privs"],
      ...["--inh-caps=-all", "--bounding-set=-all", "qemu-system-x86_64", ...args],
    ];
    const command = [...frugal.before, ...jail.enter(space), ...setpriv];
    const child = spawn(command[0]!, command.slice(1), {
      stdio,
      detached: true,
      cwd: "/",
      env: {
        PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`,
        ...(frugal.preload && { LD_PRELOAD: `/proc/self/fd/${FILES.preload}` }),
      },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    // Each of these programs replaces the one before: number and start time stay.
    const pid = child.pid!;
    return { pid, startTime: statFields(pid)?.[19] ?? "" };
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/** Kills a process and waits until it is gone. */
export async function killProcess(mark: ProcessMark): Promise<void> {
  for (let tries = 0; lives(mark); tries++) {
    if (tries > 500) throw new Error(`process ${mark.pid} does not end`);
    if (tries % 100 === 0) process.kill(mark.pid, "SIGKILL");
    await pause(10);
  }
}

/** QEMUs whose command line holds this text. */
export function qemusOf(text: string): ProcessMark[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const pid = Number(name);
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        // Before it became QEMU it was one of the programs that start it.
        if (!line.includes("qemu-system-x86_64") || !line.some((part) => part.includes(text)))
          return [];
      } catch {
        return [];
      }
      const startTime = statFields(pid)?.[19];
      return startTime ? [{ pid, startTime }] : [];
    });
}
