import type { Play } from "~/live/types";
import { atRest } from "./at-rest";

/** Milliseconds before the end from which the page says so. */
const SOON = 10 * 60_000;

export type StripChoice =
  | "error"
  | "failed"
  | "stopped"
  | "idle"
  | "expiry"
  | "result"
  | "ended"
  | "none";

/** The one strip between header and panes: the worst wins. `now` in unix ms. */
export function stripChoice(
  play: Pick<Play, "state" | "failed" | "expiresAt" | "solve" | "idleStopsAt">,
  error: string,
  now: number,
): StripChoice {
  if (error) return "error";
  if (!play.solve && (play.state === "FAILED" || play.failed)) return "failed";
  if (atRest(play)) return "stopped";
  if (play.state === "RUNNING" && play.idleStopsAt) return "idle";
  const over = play.state === "FAILED" || play.state.startsWith("DESTROY");
  if (!over && !play.solve && Date.parse(play.expiresAt) - now < SOON) return "expiry";
  if (play.solve) return "result";
  return over ? "ended" : "none";
}
