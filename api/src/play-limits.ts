import { env } from "@agon/daemon/env";

/** How long plays run and are kept, and how many. Milliseconds. */
export interface PlayLimits {
  /** From the start, and from each going on, until a play is paused. */
  lifetimeMs: number;
  extensionMs: number;
  maxExtensions: number;
  /** Without input or a task's change until a play is paused; 0 = never. */
  idleMs: number;
  /** Running plays of a user. */
  seats: { learner: number; bot: number };
  /** Paused plays of a user; 0 = plays end instead of being paused. */
  kept: number;
  /** From a pause until a play is deleted. */
  keptMs: number;
}

const MINUTE = 60_000;

/** Reads the settings. @throws Error with all that are out of their bounds. */
export function playLimits(): PlayLimits {
  const wrong: string[] = [];
  const number = (name: string, usual: number, least: number, most: number): number => {
    const text = env(name, String(usual));
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      wrong.push(`${name} is ${text}: give a whole number from ${least} to ${most}`);
    return value;
  };
  const limits: PlayLimits = {
    lifetimeMs: number("AGON_PLAY_MINUTES", 120, 5, 1440) * MINUTE,
    extensionMs: 60 * MINUTE,
    maxExtensions: 3,
    idleMs: number("AGON_IDLE_MINUTES", 30, 0, 1440) * MINUTE,
    seats: { learner: 3, bot: 6 },
    kept: number("AGON_KEPT_PLAYS", 3, 0, 50),
    keptMs: number("AGON_KEPT_HOURS", 168, 1, 2160) * 60 * MINUTE,
  };
  if (wrong.length) throw new Error(wrong.join("\n"));
  return limits;
}
