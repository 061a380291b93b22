import { isFinal } from "./fold.ts";
import type { PlayView } from "./models/play.ts";

/** Why a play that does not run can be neither paused nor copied, in a sentence. */
export function notRunning({ state, failedAt }: PlayView): string {
  if (state === "DESTROYING" || isFinal(state)) return "The play is over.";
  if (state === "STOPPING") return "The play is still being paused.";
  if (state === "STOPPED") return "The play is paused.";
  return failedAt === null ? "The play is starting." : "The play failed before it was ready.";
}
