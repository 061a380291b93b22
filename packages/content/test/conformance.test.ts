// The checklist of the format's section 10.3, as far as it is about loading. Items 5 to 7 are in examiner/test/rules.test.ts
// (5 also in hostd/test/peers.test.ts, 7 in api/test/api.test.ts), 8 in hostd/test/hostd.test.ts,
// 9 in e2e/test/bots.test.ts, 10 also in cli/test/mirror.test.ts.
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { execFileSync } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { buildArchive } from "../src/archive.ts";
import { filesOnDisk } from "../src/files.ts";
import { globToRegExp } from "../src/ignore.ts";
import { folderWith, load, one, HEAD } from "./folders.ts";

const BODY = "::simple-task{name=verify_a}\n::\n::simple-task{name=verify_b}\n::\n";

test("10.3/1: the spellings of 3.5, and props with a leading colon, load without a warning", async () => {
  const { challenge, problems } = await one(
    `playground:\n  name: debian-stable\n  machines: [{ name: debian-01, kernel: "" }]\n  tabs: [{ machine: debian-01 }]\n  portForwards: [{ kind: local, machine: debian-01, localport: 80, remoteport: 80 }]\nchallenges: { my_fix_dns: {} }\ntasks:\n  verify_a: { needs: verify_b, timeoutSeconds: 9, user: "", run: echo a; false }\n  verify_b: { destination: /tmp/b, run: echo b; false }\n`,
    `::simple-task\n---\n:tasks: tasks\n:name: verify_a\n---\n::\n::user-input-task\n---\ntasks: tasks\nname: verify_b\n---\n::\n::card{challenge=challenges.my-fix-dns}\n::\n`,
  );
  expect(problems).toEqual([]);
  const [a, b] = challenge!.tasks;
  expect(a).toMatchObject({ needs: ["verify_b"], timeoutSeconds: 9, user: "" });
  expect(b).toMatchObject({ destination: "/tmp/b", input: true });
  expect(challenge!.playground.portForwards).toMatchObject([{ localPort: "80", remotePort: "80" }]);
});

test("10.3/3: only the strict template forms are references; index($0,…), max(1,2) and hex(n) stay", async () => {
  const run = `awk '{ print index($0,"a"), max(1,2), hex(n), x(1), box(.needs.gone.stdout), $x(.vars.NO) }'`;
  const { challenge, problems } = await one(
    `playground: debian-stable\ntasks:\n  verify_a: { run: 'true' }\n  verify_b:\n    run: |\n      ${run}\n    hintcheck: echo no\n`,
    BODY,
  );
  expect(problems).toEqual([]);
  expect(challenge!.tasks[1]!.run).toBe(`${run}\n`);
  const strict = await one(
    `playground: debian-stable\ntasks:\n  verify_a: { run: 'true' }\n  verify_b: { run: 'echo "x(.needs.verify_a.stdout)"' }\n`,
    BODY,
  );
  expect(strict.problems.map(({ code }) => code)).toEqual(["AG063"]);
});

test("10.3/4: init tasks of the same machine are needed by themselves, those of another only when named", async () => {
  const { challenge } = await one(
    `playground: mini-lan\ntasks:\n  init_here: { init: true, machine: client, run: 'true' }\n  init_there: { init: true, machine: server, run: 'true' }\n  verify_a: { machine: client, run: echo a; false }\n  verify_b: { machine: client, needs: [init_there], env: ["A=x(.needs.init_there.stdout)"], run: echo b; false }\n`,
    BODY,
  );
  const needs = Object.fromEntries(challenge!.tasks.map((task) => [task.name, task.needs]));
  expect(needs).toEqual({
    init_here: [],
    init_there: [],
    verify_a: ["init_here"],
    verify_b: ["init_there", "init_here"],
  });
  expect(challenge!.tasks.find(({ name }) => name === "init_there")!.shareOutputs).toBe(true);
});

test("10.3/10: ignore files cascade; a pattern with a slash is bound to its folder, one with a trailing slash to folders", () => {
  using folder = folderWith({
    ".labctlignore": "# comment\n\n*.tmp\n  app/*.log  \nbuild/\nsecret-?[0-9].txt\n",
    "index.md": "x",
    "a.tmp": "x",
    "app/x.log": "x",
    "app/deep/x.log": "x",
    "app/y.tmp": "x",
    "build/out": "x",
    "app/build": "a file of that name",
    "app/.labctlignore": "!index.md\nkeep.txt\nsub/only.txt\n",
    "app/keep.txt": "x",
    "app/deep/keep.txt": "x",
    "app/sub/only.txt": "x",
    "sub/only.txt": "x",
    "keep.txt": "x",
    "secret-a1.txt": "x",
    "secret-ab.txt": "x",
    ".solution.sh": "x",
    ".gitignore": "x",
    ".github/workflow": "x",
    "old~": "x",
  });
  expect(filesOnDisk(folder.path).paths).toEqual([
    ".solution.sh",
    "app/build",
    "app/deep/x.log",
    "index.md",
    "keep.txt",
    "secret-ab.txt",
    "sub/only.txt",
  ]);
});

test("1.5: * and ? stop at a slash, [...] are classes, and nothing in a pattern is a regular expression", () => {
  const matches = (glob: string, text: string) => globToRegExp(glob).test(text);
  expect(matches("*.md", "a.md")).toBe(true);
  expect(matches("*.md", "a/b.md")).toBe(false);
  expect(matches("a?c", "a/c")).toBe(false);
  expect(matches("[a-c]x", "bx")).toBe(true);
  expect(matches("[^a-c]x", "bx")).toBe(false);
  expect(matches("[!a-c]x", "dx")).toBe(true);
  expect(matches("a.b", "aXb")).toBe(false);
  expect(matches("(a|b)+", "a")).toBe(false);
  expect(matches("[z-a]", "b")).toBe(false);
  expect(matches("**", "a/b")).toBe(false);
  expect(matches("\\*", "*")).toBe(true);
});

test("1.4: an archive is built from the folder beside it: the same bytes for the same files, modes kept, its ignore file respected", async () => {
  using folder = folderWith({
    "it/index.md": `${HEAD}playground:\n  name: debian-stable\n  startupFiles:\n    - { path: /srv, source: __static__/app.tar.gz, extract: true }\n    - { path: /opt, source: __static__/made.tgz, extract: true }\ntasks:\n  verify_a: { run: echo a; false }\n  verify_b: { run: echo b; false }\n---\n${BODY}`,
    "it/app/run.sh": "#!/bin/sh\necho run\n",
    "it/app/data/x.txt": "x",
    "it/app/left.out": "x",
    "it/app/.labctlignore": "*.out\n",
    "it/__static__/app.tar.gz": "a stale one",
    "it/__static__/made.tgz": "prebuilt: there is no folder of this name",
  });
  const app = join(folder.path, "it/app");
  execFileSync("chmod", ["755", join(app, "run.sh")]);
  const build = () => buildArchive(filesOnDisk(join(folder.path, "it")), "app", "app.tar.gz");
  const first = build();
  utimesSync(join(app, "data/x.txt"), 1, 1);
  expect(build().equals(first)).toBe(true);
  const out = join(folder.path, "out");
  mkdirSync(out);
  writeFileSync(join(out, "a.tar"), gunzipSync(first));
  const listed = execFileSync("tar", ["-tvf", join(out, "a.tar"), "--utc"], { encoding: "utf8" });
  expect(
    listed
      .trim()
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ")),
  ).toEqual([
    "-rw-r--r-- 0/0 1 2000-01-01 00:00 data/x.txt",
    "-rwxr-xr-x 0/0 19 2000-01-01 00:00 run.sh",
  ]);
  const kept = ["it/index.md", "it/app/run.sh", "it/app/data/x.txt", "it/__static__/made.tgz"];
  const { challenges, problems } = await load(
    Object.fromEntries(kept.map((path) => [path, readFileSync(join(folder.path, path), "utf8")])),
  );
  expect(problems).toEqual([]);
  const [built, made] = challenges.get("it")!.playground.startupFiles;
  expect(gunzipSync(Buffer.from(built!.content, "base64")).includes("echo run")).toBe(true);
  expect(Buffer.from(made!.content, "base64").toString()).toContain("prebuilt");
});

test("links inside a folder are followed, those that lead out are told and left out", () => {
  using other = folderWith({ "secret.txt": "x" });
  using folder = folderWith({ "index.md": "x", "data/real.txt": "y" });
  symlinkSync("data/real.txt", join(folder.path, "inside.txt"));
  symlinkSync(join(other.path, "secret.txt"), join(folder.path, "outside.txt"));
  const files = filesOnDisk(folder.path);
  expect(files.paths).toEqual(["data/real.txt", "index.md", "inside.txt"]);
  expect(files.refused).toEqual([{ path: "outside.txt", why: "outside" }]);
  rmSync(join(folder.path, "inside.txt"));
  expect(
    existsSync(join(folder.path, "data/real.txt")) && statSync(folder.path).isDirectory(),
  ).toBe(true);
});

test("section 10.3: every item of the checklist has a test that carries its number", async () => {
  const rooms = [
    "packages/content/test",
    "examiner/test",
    "hostd/test",
    "api/test",
    "e2e/test",
    "cli/test",
  ];
  const names: string[] = [];
  for (const room of rooms) {
    const folder = new URL(`../../../${room}/`, import.meta.url);
    for (const file of await readdir(folder)) {
      if (!file.endsWith(".test.ts")) continue;
      const text = await readFile(new URL(file, folder), "utf8");
      for (const [, item] of text.matchAll(/^\s*(?:test\(\s*)?["`][^"`\n]*10\.3\/(\d+)\b/gm))
        names.push(item!);
    }
  }
  expect([...new Set(names)].map(Number).sort((a, b) => a - b)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
});
