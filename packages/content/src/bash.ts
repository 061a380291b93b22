import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What bash says about a script; line 1 is its first. */
export interface ScriptFault {
  line: number;
  message: string;
}

/** Scripts by hash that were checked already, so that looking again costs nothing. Bounded. */
const known = new Map<string, ScriptFault | null>();
const MAX_KNOWN = 20_000;
const MAX_SCRIPTS = 5_000;
/** Milliseconds for all. */
const ALL = 60_000;

const keyOf = (script: string): string => createHash("sha256").update(script).digest("base64url");

// One bash goes through all files; `bash -n` reads a script and runs nothing of it. Only faults write.
const LOOP = `for file in *.sh; do bash -n "./$file" 2> err || true; [ -s err ] && { printf '%s: ' "\${file%.sh}"; head -c 2000 err | head -n 3 | tr '\\n' '\\t'; echo; }; done; true`;

/**
 * Asks bash whether scripts can be read (`bash -n`): nothing of them runs. All of them in one batch,
 * each once. @returns the faults by script; a script that is fine is missing.
 */
export async function bashFaults(
  scripts: Iterable<string>,
  signal?: AbortSignal,
): Promise<Map<string, ScriptFault>> {
  const all = [...new Set(scripts)].slice(0, MAX_SCRIPTS);
  const open = all.filter((script) => !known.has(keyOf(script)));
  if (open.length) {
    const folder = await mkdtemp(join(tmpdir(), "agon-bash-"));
    try {
      await Promise.all(
        open.map((script, index) => writeFile(join(folder, `${index}.sh`), script)),
      );
      const output = await run(folder, signal);
      if (known.size > MAX_KNOWN) known.clear();
      for (const script of open) known.set(keyOf(script), null);
      for (const line of output.split("\n")) {
        const [, index, text] = /^(\d+): (.*)$/.exec(line) ?? [];
        const script = open[Number(index)];
        if (index === undefined || script === undefined) continue;
        const [first = ""] = text!.split("\t");
        const at = /line (\d+): (.*)$/.exec(first);
        known.set(keyOf(script), {
          line: Math.max(1, Number(at?.[1] ?? 1)),
          message: (at?.[2] ?? first).slice(0, 200),
        });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return new Map(
    all.flatMap((script): [string, ScriptFault][] => {
      const fault = known.get(keyOf(script));
      return fault ? [[script, fault]] : [];
    }),
  );
}

function run(folder: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", LOOP], {
      cwd: folder,
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: ALL,
      ...(signal ? { signal } : {}),
    });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (out.length < 5_000_000) out += text;
    });
    child.once("error", reject);
    child.once("close", () => resolve(out));
  });
}
