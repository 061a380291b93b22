import { execFileSync } from "node:child_process";
import { relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { loadCatalogue } from "../src/load.ts";
import type { Problem } from "../src/model.ts";
import { shippedPlaygrounds } from "./folders.ts";

const root = resolve(import.meta.dirname, "../../..");
/** What belongs to the repository: tests of the whole arena put further folders beside it for a while. */
const SHIPPED = execFileSync("git", ["ls-files", "challenges", "content", "playgrounds"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n");
/** A secret made on one machine may be needed to set up another. */
const INIT_ACROSS_MACHINES = "AG061";

test("what is shipped loads without a problem; each challenge has hints, a solution and both scripts", async () => {
  const { challenges, problems, items } = await loadCatalogue(
    resolve(root, "challenges"),
    shippedPlaygrounds,
    resolve(root, "content"),
  );
  const ours = ({ file, code }: Problem) =>
    SHIPPED.includes(relative(root, file)) && code !== INIT_ACROSS_MACHINES;
  expect(problems.filter((problem) => ours(problem))).toEqual([]);
  const all = [...challenges.values()].filter(({ name }) =>
    SHIPPED.includes(`challenges/${name}/index.md`),
  );
  expect(all.length).toBeGreaterThanOrEqual(20);
  for (const kind of ["tutorial", "skill-path", "course"])
    expect([...items.values()].some((item) => item.kind === kind)).toBe(true);
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
