import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { Fault } from "./fault.ts";
import { stepUnderWay } from "./step.ts";

/** What a finished command printed. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Milliseconds that a command has to end after Ctrl-C: npm tidies up for minutes. */
const GRACE = 5_000;
/** Milliseconds that this process then has to put away what it made, an arena of tests for one. */
const PUTTING_AWAY = 80_000;
const children = new Set<ChildProcess>();
/** The exit code once Ctrl-C was asked for: nothing more is started then. */
let ending: number | undefined;
/** How many {@link owePuttingAway} hold this process. */
let owed = 0;

/**
 * On Ctrl-C ends what this process started, an npm that goes on writing would spoil the next run, and
 * starts nothing more: the work fails where it waits, its `finally` blocks run, and the process ends.
 * The second time it ends at once.
 */
export function endWithChildren(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      const code = signal === "SIGINT" ? 130 : 143;
      if (ending !== undefined) process.exit(ending);
      ending = code;
      if (children.size === 0 && owed === 0) {
        // A wait, as for services that were started: they are not this process's, and go on.
        const step = stepUnderWay();
        if (step)
          process.stderr.write(
            `\n· stopped while ${step}. What was started goes on: ./agon status shows it, ./agon down stops it.\n`,
          );
        process.exit(code);
      }
      process.stderr.write("\n· ending what was started; Ctrl-C again ends at once\n");
      setTimeout(() => process.exit(code), PUTTING_AWAY).unref();
      for (const child of children) {
        child.kill("SIGTERM");
        const late = setTimeout(() => child.kill("SIGKILL"), GRACE);
        child.once("close", () => clearTimeout(late));
      }
    });
}

/** The exit code that Ctrl-C asked for, if it did. */
export const endingWith = (): number | undefined => ending;

/** Until it is disposed of, Ctrl-C in a wait does not end this process before its `finally` blocks. */
export function owePuttingAway(): Disposable {
  owed++;
  return { [Symbol.dispose]: () => void owed-- };
}

/** For waits that run no command. @throws Fault after Ctrl-C. */
export function refuseWhenInterrupted(): void {
  if (ending !== undefined) throw new Fault("Interrupted.");
}

/**
 * Runs a command to its end; output kept up to 1 MB, and appended to `log` when given. With `puttingAway`
 * it runs after Ctrl-C, too: for what `finally` blocks take away.
 */
export function run(
  command: string,
  args: string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    log?: string;
    show?: boolean;
    puttingAway?: boolean;
  } = {},
): Promise<Ran> {
  const refused = () => ending !== undefined && !options.puttingAway;
  if (refused()) return Promise.reject(new Fault("Interrupted."));
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", options.show ? "inherit" : "pipe", options.show ? "inherit" : "pipe"],
    });
    children.add(child);
    const kept = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        kept[name] = (kept[name] + text).slice(-1_000_000);
        if (options.log) appendFileSync(options.log, text);
      });
    }
    child.on("error", (error) => {
      children.delete(child);
      reject(error);
    });
    child.on("close", (code) => {
      children.delete(child);
      if (refused()) reject(new Fault("Interrupted."));
      else resolve({ code: code ?? 128, ...kept });
    });
  });
}

/** Like {@link run}, but a non-zero exit is a Fault that shows the end of the output. */
export async function must(
  command: string,
  args: string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0)
    throw new Fault(
      `${command} ${args.join(" ")} ended with ${code}:\n${(stderr || stdout).slice(-3000)}`,
    );
  return stdout;
}
