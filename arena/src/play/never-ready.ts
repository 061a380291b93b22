import type { Play } from "~/live/types";

/** Its preparation failed: its machines can be looked at, and it goes nowhere from there. */
export const neverReady = (play: Pick<Play, "state" | "failed">): boolean =>
  play.failed && ["CREATED", "WARMING_UP", "WARMED_UP"].includes(play.state);
