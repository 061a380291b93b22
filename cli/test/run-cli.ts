import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs `agon …` as its users do. */
export function cli(...args: string[]): { code: number; out: string; err: string } {
  const done = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "../src/main.ts"), ...args],
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 100_000 },
  );
  return { code: done.status ?? 128, out: done.stdout, err: done.stderr };
}
