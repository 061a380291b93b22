import type { Play } from "~/live/types";

/** Its machines are kept and do not run, or are being stopped. */
export const atRest = (play: Pick<Play, "state">): boolean =>
  play.state === "STOPPING" || play.state === "STOPPED";
