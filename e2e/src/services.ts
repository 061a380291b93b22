import { readFileSync } from "node:fs";
import { join } from "node:path";

interface State {
  services: { name: string; pid: number }[];
}
interface Plan {
  services: { name: string; health: string; env: Record<string, string> }[];
}

const dir = process.env["AGON_DIR"] ?? "";
const read = <T>(file: string) => JSON.parse(readFileSync(join(dir, "run", file), "utf8")) as T;

/** The process of a service of the arena under test. @throws when it does not run. */
export function pidOf(service: string): number {
  const pid = read<State>("state.json").services.find((one) => one.name === service)?.pid;
  if (!pid) throw new Error(`${service} does not run`);
  return pid;
}

/** Ends one process of the arena under test as a crash would. @returns false when it was just down. */
export function kill9(service: string): boolean {
  try {
    return process.kill(pidOf(service), "SIGKILL");
  } catch {
    return false;
  }
}

/** The environment of a service, for scripts that an operator would run. */
export function envOf(service: string): Record<string, string> {
  return read<Plan>("plan.json").services.find((one) => one.name === service)!.env;
}
