import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { Fault } from "./fault.ts";

/** What a finished command printed. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Milliseconds that a command has to end after Ctrl-C: npm tidies up for minutes. */
const GRACE = 5_000;
const children = new Set<ChildProcess>();

/**
 * Lets Ctrl-C end this process only once what it started has ended: an npm that goes on writing would
 * spoil the next run.
 */
export function endWithChildren(): void {
  let asked = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      const code = signal === "SIGINT" ? 130 : 143;
      // The second time at once.
      if (++asked > 1 || children.size === 0) process.exit(code);
      process.stderr.write("\n· ending what was started; Ctrl-C again ends at once\n");
      for (const child of children) {
        child.kill("SIGTERM");
        setTimeout(() => child.kill("SIGKILL"), GRACE);
        child.once("close", () => {
          children.delete(child);
          if (children.size === 0) process.exit(code);
        });
      }
    });
}

/** Runs a command to its end; output kept up to 1 MB, and appended to `log` when given. */
export function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; log?: string; show?: boolean } = {},
): Promise<Ran> {
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
      resolve({ code: code ?? 128, ...kept });
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
