import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { removeContainers, removeRemains } from "./remains.ts";

/**
 * Ends the hosts that tests or benches started and did not end, as after Ctrl-C, and removes what their
 * plays left: their machines outlive a host by design.
 * @param notes a folder (AGON_TEST_HOSTS) with a file for each host: named as its arena, its process id inside.
 * @param engine where its containers are, as DOCKER_HOST; none without an arena.
 * @returns arenas whose host was running still.
 */
export async function endTestHosts(notes: string, engine: string | undefined): Promise<string[]> {
  if (!existsSync(notes)) return [];
  const running: string[] = [];
  for (const arena of readdirSync(notes)) {
    const pid = Number(readFileSync(join(notes, arena), "utf8"));
    if (isHostOf(arena, pid)) {
      running.push(arena);
      process.kill(pid, "SIGKILL");
    }
    if (engine) await removeContainers(arena, engine);
    await removeRemains(arena);
  }
  return running;
}

/** By its environment: the number may have gone to another process since. */
function isHostOf(arena: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .includes(`AGON_ARENA_ID=${arena}`);
  } catch {
    return false;
  }
}
