import { expect, test } from "vitest";
import { nextChallenge, type Candidate } from "./next-challenge";

const one = (name: string, difficulty: string, topic: string, status = "todo"): Candidate => ({
  name,
  difficulty,
  categories: [topic],
  status,
});
const after = one("after", "medium", "linux", "solved");

test.each<[string, Candidate[], string | undefined]>([
  ["the same topic before others", [one("a", "medium", "git"), one("b", "medium", "linux")], "b"],
  ["as hard before harder", [one("a", "hard", "linux"), one("b", "medium", "git")], "b"],
  ["harder before easier", [one("a", "easy", "linux"), one("b", "hard", "git")], "b"],
  ["a begun one counts", [one("a", "easy", "linux", "attempted")], "a"],
  ["never a solved one or itself", [after, one("a", "easy", "git", "solved")], undefined],
])("%s", (_, all, name) => {
  expect(nextChallenge(after, all)?.name).toBe(name);
});
