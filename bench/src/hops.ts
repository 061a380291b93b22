import { spawn } from "node:child_process";
import { join } from "node:path";

/** One event as `./agon trace PLAY --json` tells it. */
export interface TracedEvent {
  task: string;
  state: number;
  hops: { name: string; at: number | null }[];
}

/** All task events of a play with their hops; the pages that watch it must be open. */
export function trace(root: string, play: string): Promise<TracedEvent[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(root, "agon"), ["trace", play, "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve((JSON.parse(text) as { events: TracedEvent[] }).events);
      else reject(new Error(`./agon trace ${play} ended with ${code}`));
    });
  });
}

/** The instant of a hop (unix ms), or undefined when the trace does not know it. */
export function hopAt(event: TracedEvent, name: string): number | undefined {
  return event.hops.find((hop) => hop.name === name)?.at ?? undefined;
}
