import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs `agon …` as its users do. */
export const cli = (...args: string[]) => cliWith({}, ...args);

/** The same with more in its environment, as front-door gives it. */
export function cliWith(
  env: Record<string, string>,
  ...args: string[]
): { code: number; out: string; err: string } {
  const done = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "../src/main.ts"), ...args],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 100_000,
      env: { ...process.env, ...env },
    },
  );
  return { code: done.status ?? 128, out: done.stdout, err: done.stderr };
}
