import type { Challenge } from "~/live/types";

const LEVELS = ["easy", "medium", "hard", "expert"];

/** What decides the next challenge. */
export type Candidate = Pick<Challenge, "name" | "difficulty" | "categories" | "status">;

/**
 * The challenge to go on with after one: not solved yet, as near above its difficulty as there is,
 * of the same topic before others. Undefined when everything is solved.
 */
export function nextChallenge<T extends Candidate>(after: Candidate, all: T[]): T | undefined {
  const level = (one: Candidate) => LEVELS.indexOf(one.difficulty);
  const cost = (one: Candidate) => {
    const step = level(one) - level(after);
    const other = one.categories.some((topic) => after.categories.includes(topic)) ? 0 : 1;
    // One that is easier comes after all that are not.
    return (step < 0 ? 10 - step : step) * 2 + other;
  };
  return all
    .filter((one) => one.name !== after.name && one.status !== "solved")
    .toSorted((a, b) => cost(a) - cost(b) || a.name.localeCompare(b.name))[0];
}
