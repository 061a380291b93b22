import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./paths.ts";
import type { Plan, State } from "./service.ts";

/** Whether a process of ours lives: the pid exists and is node or the service's command. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

/** The supervisor's state, when a supervisor lives. */
export function readState(place: Place): State | undefined {
  const file = join(place.run, "state.json");
  if (!existsSync(file)) return undefined;
  const state = JSON.parse(readFileSync(file, "utf8")) as State;
  return state;
}

/** The plan of the last `up`. */
export function readPlan(place: Place): Plan | undefined {
  const file = join(place.run, "plan.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Plan) : undefined;
}
