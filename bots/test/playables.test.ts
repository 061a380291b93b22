import { join } from "node:path";
import { loadCatalogue } from "@agon/content/load";
import { expect, test } from "vitest";
import { jobsOf } from "../src/jobs.ts";
import { named, playables } from "../src/playables.ts";

const root = join(import.meta.dirname, "../..");
const all = playables(
  await loadCatalogue(join(root, "challenges"), join(root, "playgrounds"), join(root, "content")),
);
const names = (name: string) => named(all, name).map((one) => one.name);

test("bots play challenges, tutorials and lessons that have something to check", () => {
  expect(names("rescue-the-web-server")).toEqual(["rescue-the-web-server"]);
  expect(names("script-to-service")).toEqual(["tutorial/script-to-service"]);
  expect(names("routes")).toEqual(["course/networks-from-the-wire-up/beyond/routes"]);
  expect(names("networks-from-the-wire-up")).toHaveLength(4);
  expect(names("no-such-thing")).toEqual([]);
});

test("everything that ships and checks something has a solution, a lesson's lying in its folder", () => {
  const open = all.filter(
    ({ scripts }) => !Object.keys(scripts).some((name) => name.startsWith(".solution")),
  );
  expect(open.map(({ name }) => name)).toEqual([]);
});

test("what needs a microVM is left out in containers, and played by nothing and its solution elsewhere", () => {
  const [routes] = named(all, "routes");
  expect(jobsOf(routes!, "container")).toEqual([]);
  expect(jobsOf(routes!, "microvm").map(({ variant }) => variant)).toEqual(["nothing", "solution"]);
});
