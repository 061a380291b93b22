import { resolve } from "node:path";
import { expect, test } from "vitest";
import { loadCatalogue } from "../src/load.ts";
import type { Problem } from "../src/model.ts";
import { shippedPlaygrounds } from "./folders.ts";

// By name: tests of the whole arena put further folders beside them for a while.
const SHIPPED = [
  "find-the-leak",
  "git-lost-commit",
  "log-report-script",
  "permissions-maze",
  "rescue-the-web-server",
  "two-sides-of-a-link",
];

test("what is shipped loads without a problem; each challenge has hints, a solution and both scripts", async () => {
  const { challenges, problems } = await loadCatalogue(
    resolve(import.meta.dirname, "../../../challenges"),
    shippedPlaygrounds,
  );
  const ours = ({ file }: Problem) =>
    SHIPPED.some((name) => file.includes(`/challenges/${name}/`)) || file.includes("/playgrounds/");
  expect(problems.filter((problem) => ours(problem))).toEqual([]);
  const all = SHIPPED.map((name) => challenges.get(name)!);
  for (const challenge of all) {
    expect(Object.keys(challenge.scripts), challenge.name).toEqual(
      expect.arrayContaining([".solution.sh", ".wrong.sh"]),
    );
    expect(challenge.solution, challenge.name).not.toBe("");
    expect(challenge.hints.length, challenge.name).toBeGreaterThanOrEqual(2);
    expect(challenge.version).toMatch(/^[0-9a-f]{64}$/);
    for (const hint of challenge.hints) expect(challenge.body).not.toContain(hint.body);
    for (const task of challenge.tasks.filter(({ kind }) => kind === "regular"))
      expect(task.hintcheck, `${challenge.name} ${task.name}`).not.toBe("");
  }
  expect(all.some((one) => one.playground.machines.length === 2)).toBe(true);
  expect(all.some((one) => one.tasks.some((task) => task.input))).toBe(true);
  expect(all.some((one) => one.tasks.some((task) => task.failcheck))).toBe(true);
  expect(all.some((one) => one.tasks.some((task) => task.shareOutputs))).toBe(true);
});
