import { readFileSync } from "node:fs";
import type { EventDoc } from "./models/store.ts";

interface Rules {
  points: Record<string, number>;
  firstSolvePercent: number;
  hintPercent: number;
  solutionPercent: number;
}
const file = JSON.parse(
  readFileSync(new URL("../scoring-rules.json", import.meta.url), "utf8"),
) as { current: string; versions: Record<string, Rules> };

/** The version of the rules by which new solves are scored. */
export const currentRules = file.current;

function rulesOf(version: string): Rules {
  const rules = file.versions[version];
  if (!rules) throw new Error(`scoring-rules.json has no version ${version}: put it back`);
  return rules;
}

/** Points of a challenge without bonus and costs. */
export function basePoints(difficulty: string, version = currentRules): number {
  return rulesOf(version).points[difficulty] ?? 0;
}

/** What one hint costs. */
export function hintPrice(difficulty: string, version = currentRules): number {
  return Math.round((basePoints(difficulty, version) * rulesOf(version).hintPercent) / 100);
}

/** The recorded completion of a challenge, as the log of its attempt holds it. */
export interface SolvedFact {
  challenge: string;
  user: string;
  handle: string;
  play: string;
  at: number;
  seconds: number;
  difficulty: string;
  rules: string;
  ranked: boolean;
}

/** A solve before anybody decided who was first. */
export interface Scored extends SolvedFact {
  hintCost: number;
  /** What is left of the base points. */
  points: number;
  bonus: number;
  mayBeFirst: boolean;
}

/** Folds the log `open:<challenge>:<user>`: what was taken before the solve costs, later is free. */
export function foldAttempt(events: EventDoc[]): Scored | null {
  const hints = new Set<string>();
  let solution = false;
  for (const event of events) {
    if (event.type === "hint") hints.add(String(event.data["hint"]));
    if (event.type === "solution") solution = true;
    if (event.type !== "solved") continue;
    const fact = event.data as unknown as SolvedFact;
    const rules = rulesOf(fact.rules);
    const base = basePoints(fact.difficulty, fact.rules);
    const taken =
      hintPrice(fact.difficulty, fact.rules) * hints.size +
      (solution ? Math.round((base * rules.solutionPercent) / 100) : 0);
    const hintCost = Math.min(base, taken);
    return {
      ...fact,
      hintCost,
      points: base - hintCost,
      bonus: solution ? 0 : Math.round((base * rules.firstSolvePercent) / 100),
      mayBeFirst: fact.ranked && !solution,
    };
  }
  return null;
}

/** Whether a solve comes before another one: by instant, then by play. */
export function isEarlier(
  a: { at: number; play: string },
  b: { at: number; play: string },
): boolean {
  return a.at < b.at || (a.at === b.at && a.play < b.play);
}

/** Challenges have points; tutorials, lessons and playgrounds (`kind/name`) have none. */
export const isScored = (challenge: string): boolean => !challenge.includes("/");
