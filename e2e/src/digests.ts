import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { envOf } from "./services.ts";

const root = resolve(import.meta.dirname, "../..");

/** Both digests that `./agon boards rebuild --check` prints. */
export async function digests(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "api/src/boards-rebuild.ts"), "--check"],
    { cwd: root, env: envOf("api-1") },
  ).catch((error: { stdout: string }) => error);
  return [...stdout.matchAll(/^(?:log|redis)\s+(\S+)/gm)].map((match) => match[1]!);
}
