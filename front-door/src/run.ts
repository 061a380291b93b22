import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { Fault } from "./fault.ts";

/** What a finished command printed. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
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
    const kept = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        kept[name] = (kept[name] + text).slice(-1_000_000);
        if (options.log) appendFileSync(options.log, text);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 128, ...kept }));
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
