import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CODES } from "../src/codes.ts";
import { loadCatalogue } from "../src/load.ts";
import { problemsPage } from "../src/problems-page.ts";
import { frontMatter, jsonSchema, manifest } from "../src/schema.ts";
import { one, short } from "./folders.ts";

test("docs/problems.md has a section for every code, and is the one that the table makes", () => {
  const page = readFileSync(new URL("../../../docs/problems.md", import.meta.url), "utf8");
  for (const code of Object.keys(CODES)) expect(page).toContain(`\n## ${code}\n`);
  expect(page, "run npm run docs -w @agon/content").toBe(problemsPage());
});

test("every code is used", () => {
  const folder = join(import.meta.dirname, "../src");
  const source = readdirSync(folder)
    .filter((name) => name !== "codes.ts")
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  for (const code of Object.keys(CODES)) expect(source, code).toContain(`"${code}"`);
});

test("the JSON Schemas describe every field with words, and the corpus fits the shapes they come from", async () => {
  const schema = jsonSchema("front-matter") as { properties: Record<string, unknown> };
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(["kind", "title", "tagz", "playground", "tasks", "vars", "skill-paths"]),
  );
  expect(JSON.stringify(schema)).toContain("tried every second until then");
  expect(JSON.stringify(jsonSchema("manifest"))).toContain("initConditions");
  const corpus = join(import.meta.dirname, "corpus");
  const { items } = await loadCatalogue(`${corpus}/challenges`, `${corpus}/playgrounds`, corpus);
  for (const { meta, name } of items.values())
    expect(frontMatter.safeParse(meta).error, name).toBeUndefined();
  expect(manifest.safeParse({ kind: "playground", name: "x" }).success).toBe(false);
});

test("a field of the wrong type is told at its place, once", async () => {
  const { problems } = await one(
    `playground: debian-stable\nvars: [a]\nupdatedAt: [2026]\ntasks:\n  verify_a: { run: "false", user: laborant, machine: debian-01, timeout_seconds: 5 }\n`,
    "::simple-task{name=verify_a}\n::\n",
  );
  expect(problems.map((problem) => `${problem.code} ${short(problem)}`).sort()).toEqual([
    "AG024 10:1 vars has the wrong type",
    "AG024 11:1 updatedAt has the wrong type",
  ]);
  expect(problems.map(({ fix }) => fix)).toContain("write a map");
});
