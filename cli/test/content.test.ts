import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { cli, cliWith } from "./run-cli.ts";

const root = mkdtempSync(join(tmpdir(), "agon-cli-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string): string => {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};

test.each(["challenge", "tutorial", "skill-path", "course", "training", "playground"])(
  "new %s writes a folder that passes lint without a word",
  (kind) => {
    const dir = join(root, "new", `${kind}s`, "my-first-one");
    expect(cli("content", "new", kind, "my-first-one", "--dir", dir)).toMatchObject({
      code: 0,
      err: "",
    });
    const { problems } = JSON.parse(cli("content", "lint", "--json", dir).out);
    expect(problems).toEqual([]);
  },
);

test("new challenge on several machines names one for each task; it never overwrites", () => {
  const dir = join(root, "pair");
  const made = cli("content", "new", "challenge", "pair", "--dir", dir, "--playground", "mini-lan");
  expect(made).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(join(dir, "index.md"), "utf8")).toContain("machine: client");
  expect(cli("content", "new", "challenge", "pair", "--dir", dir)).toMatchObject({
    code: 1,
    err: expect.stringContaining("exists already"),
  });
  expect(cli("content", "new", "challenge", "No_Name").code).toBe(1);
});

test("new begins with a playground that this arena has, and says how to get to one that it has not", () => {
  const made = (images: object, name: string, ...more: string[]) => {
    const dir = join(root, name);
    const env = { AGON_ARENA_IMAGES: JSON.stringify(images) };
    const ran = cliWith(env, "content", "new", "challenge", name, "--dir", dir, ...more);
    expect(ran).toMatchObject({ code: 0, err: "" });
    return { out: ran.out, text: readFileSync(join(dir, "index.md"), "utf8") };
  };
  const usual = { offered: ["debian-12"], onDemand: ["nginx-postgres"] };
  const plain = made(usual, "plain-one");
  // It says what comes next.
  expect(plain.out).toMatch(
    /Write it with \.\/agon dev \S+plain-one, copy it to challenges\/plain-one and prove it with \.\/agon bots run plain-one\./,
  );
  expect(plain.text).toContain("playground: debian-stable\n");
  expect(plain.out).not.toContain("This arena");
  expect(made(usual, "web-one", "--playground", "nginx-postgres").out).toContain(
    "This arena has no image nginx-postgres yet. Before you start nginx-postgres: ./agon images build nginx-postgres, then ./agon up.",
  );
  expect(made(usual, "go-one", "--playground", "golang").out).toContain(
    "none of its backends runs the image golang",
  );
  // Not the first one of the shipped playgrounds where that is not here.
  expect(made({ offered: ["podman"], onDemand: [] }, "pod-one").text).toContain(
    "playground: podman\n",
  );
});

const BROKEN = `---
kind: challenge
title: A challenge to put right
description: Words.
categories: [linux]
tags: [one]
playground: debian-stable
tasks:
  verify_it:
    run: test -e /x
    hintcheck: echo "There is no /x."
---
Text.
::
::remark-box
Never closed.
`;

test("lint --json has exactly the promised fields, and its exit code tells errors from warnings", () => {
  const file = write("broken/index.md", BROKEN);
  const { code, out } = cli("content", "lint", "--json", dirname(file));
  expect(code).toBe(0);
  const { problems } = JSON.parse(out) as { problems: Record<string, unknown>[] };
  expect(problems.map((problem) => problem["code"])).toEqual([
    "AG018",
    "AG015",
    "AG017",
    "AG065",
    "AG087",
    "AG080",
  ]);
  for (const problem of problems)
    expect(Object.keys(problem).sort()).toEqual([
      "code",
      "column",
      "file",
      "fix",
      "line",
      "message",
      "severity",
    ]);
  const worse = write("worse/index.md", BROKEN.replace("debian-stable", "[a]"));
  expect(cli("content", "lint", dirname(worse)).code).toBe(1);
});

test("lint shows file:line:column, the line with a caret, and what would be right", () => {
  const file = write("shown/index.md", BROKEN);
  const { out } = cli("content", "lint", file);
  expect(out).toContain(
    `${file}:6:1 warning AG017 tags are spelled tagz\n  6 | tags: [one]\n    | ^\n  → `,
  );
  expect(out).toContain("1 folder: 0 errors, 6 warnings");
});

test("lint --fix puts right what has one right answer, and the rest stays as it was", () => {
  const file = write("fixed/index.md", BROKEN);
  const { out, code } = cli("content", "lint", "--fix", dirname(file));
  expect(out).toContain("1 folder: 0 errors, 0 warnings; 6 problems put right");
  expect(code).toBe(0);
  const text = readFileSync(file, "utf8");
  expect(text).toContain("tagz: [one]\n");
  expect(text).toContain("difficulty: medium\n");
  expect(text).toContain(":name: verify_it\n");
  expect(text.startsWith(BROKEN.slice(0, 80))).toBe(true);
  expect(text).toContain("Text.\n::remark-box\nNever closed.\n");
});

test("lint --fix puts right words that can mean one thing alone: a key, a component, a difficulty, a date", () => {
  const text = BROKEN.replace("tags: [one]", "tagz: [one]\ndifficulty: Hard\ncreatedAt: 29.11.2026")
    .replace("    hintcheck:", "    hintchek:")
    .replace("::\n::remark-box\nNever closed.\n", "::remark-bx\nClosed.\n::\n");
  const file = write("words/index.md", text);
  cli("content", "lint", "--fix", dirname(file));
  const fixed = readFileSync(file, "utf8");
  for (const line of [
    "difficulty: hard",
    "createdAt: 2026-11-29",
    "    hintcheck: echo",
    "::remark-box\n",
  ])
    expect(fixed).toContain(line);
  // A day that may be another one stays, and so does a word that is near nothing.
  const odd = write(
    "odd/index.md",
    text.replace("29.11.2026", "1/2/2026").replace("hintchek", "wonder").replace("Hard", "Fierce"),
  );
  cli("content", "lint", "--fix", dirname(odd));
  const stays = readFileSync(odd, "utf8");
  for (const word of ["createdAt: 1/2/2026", "wonder: echo", "difficulty: Fierce"])
    expect(stays).toContain(word);
});

test("schema prints JSON Schema, and writes both for editors", () => {
  const schema = JSON.parse(cli("content", "schema", "manifest").out);
  // What may be left out is itself or null.
  const given = (one: { anyOf?: object[] }) => (one.anyOf?.[0] ?? one) as typeof schema;
  const { machines } = given(schema.properties.playground).properties;
  const { drives } = given(machines).items.properties;
  expect(given(given(drives).items.properties.mount).type).toBe("string");
  const out = join(root, "schemas");
  expect(cli("content", "schema", "--out", out).code).toBe(0);
  const written = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8"));
  expect(written("manifest.json")).toEqual(schema);
  const { tasks } = written("front-matter.json").properties;
  expect(given(tasks).additionalProperties.properties.run.type).toContain("string");
});

test("the first line of a new manifest leads an editor to the schema, which is there", () => {
  const dir = join(root, "grounds", "my-lab");
  expect(cli("content", "new", "playground", "my-lab", "--dir", dir).code).toBe(0);
  const [first = ""] = readFileSync(join(dir, "manifest.yaml"), "utf8").split("\n");
  const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];
  const schema = JSON.parse(readFileSync(join(dir, path), "utf8"));
  expect(schema).toEqual(JSON.parse(cli("content", "schema", "manifest").out));
});

test("a command that is none says what there is", () => {
  expect(cli("content", "wonder")).toMatchObject({ code: 1, err: expect.stringContaining("lint") });
  expect(cli("content", "lint", "--wonder").code).toBe(1);
  expect(cli("content", "lint", "/nowhere")).toMatchObject({
    code: 1,
    err: "There is no /nowhere.\n",
  });
});
