import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { envOf } from "./services.ts";

/** A fresh link with which a browser signs in as the operator of the arena under test, once. */
export async function operatorLink(): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "api/src/bootstrap.ts"],
    { cwd: join(import.meta.dirname, "../.."), env: envOf("api-1") },
  );
  return (JSON.parse(stdout.trim().split("\n").at(-1)!) as { signInUrl: string }).signInUrl;
}
