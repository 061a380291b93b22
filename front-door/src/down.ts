import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./paths.ts";
import { lives, readState } from "./state.ts";
import { step } from "./step.ts";

/** Stops exactly what `up` started for this place. Machines of plays stay in Docker until hostd is back or `reset`. */
export async function down(place: Place): Promise<boolean> {
  const state = readState(place);
  if (!state) return false;
  await step("stopping the arena", async () => {
    if (lives(state.supervisor)) {
      process.kill(state.supervisor, "SIGTERM");
      const until = Date.now() + 60_000;
      while (lives(state.supervisor) && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // A supervisor that was killed leaves its services: they are named in its last state.
    for (const { pid } of state.services) {
      if (pid && lives(pid)) process.kill(pid, "SIGTERM");
    }
    const until = Date.now() + 15_000;
    while (state.services.some(({ pid }) => pid && lives(pid)) && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 100));
    for (const { pid } of state.services) if (pid && lives(pid)) process.kill(pid, "SIGKILL");
    rmSync(join(place.run, "state.json"), { force: true });
  });
  return true;
}
