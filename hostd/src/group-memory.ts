import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

/**
 * Sets how many bytes the control group of a process may take, past its engine. For a machine whose kernel
 * takes the number that stands there at its start for its own memory, and which costs more than that.
 * @throws Error when the process is gone or the group can't be written.
 */
export function boundMemory(pid: number, bytes: number): void {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const v1 = controllers.split(",").includes("memory");
    if (!v1 && !(line.startsWith("0::") && existsSync(join(ROOT, "cgroup.controllers")))) continue;
    // On v1 swap is counted in, and that number is never less than the other: it goes first.
    const names = v1 ? ["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"] : ["memory.max"];
    for (const file of names.map((name) => join(ROOT, v1 ? controllers : "", path, name)))
      if (existsSync(file)) writeFileSync(file, String(bytes));
  }
}
