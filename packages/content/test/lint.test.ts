import { join } from "node:path";
import { expect, test } from "vitest";
import { findItems, lintItems } from "../src/lint.ts";
import { loadCatalogue } from "../src/load.ts";
import type { Problem } from "../src/model.ts";
import { showProblem } from "../src/show-problem.ts";
import { folderWith, HEAD, shippedPlaygrounds } from "./folders.ts";

const { playgrounds } = await loadCatalogue("/nowhere", shippedPlaygrounds);

async function lint(files: Record<string, string>, at = ""): Promise<string[]> {
  using folder = folderWith(files);
  const found = await lintItems(findItems(join(folder.path, at)), playgrounds);
  return found.map(
    (one: Problem) =>
      `${one.file.slice(folder.path.length + 1)}:${one.line}:${one.column} ${one.severity} ${one.code} ${one.message}`,
  );
}

const shows = "::simple-task\n---\n:name: verify_a\n---\n#active\nDo.\n::\n";
const task = (fields: string) =>
  `${HEAD}playground: debian-stable\ntasks:\n  verify_a:\n${fields}---\n${shows}`;

test("a script that bash cannot read is told at its own line, wherever it stands", async () => {
  expect(
    await lint({
      "it/index.md": task(
        `    run: |\n      echo one\n      if true; then\n        echo "two\n    hintcheck: echo "it is $(date"\n`,
      ),
      "it/.solution.sh": "examinerctl task wait verify_a\nfor x in a b; do\n",
    }),
  ).toEqual([
    // What is missing at the end is told where there is a line to look at.
    "it/.solution.sh:2:1 error AG070 bash cannot read it: syntax error: unexpected end of file",
    expect.stringMatching(/^it\/index\.md:1[3-5]:1 error AG070 bash cannot read run of verify_a: /),
    expect.stringMatching(
      /^it\/index\.md:16:1 error AG070 bash cannot read hintcheck of verify_a: /,
    ),
  ]);
});

test("for bash a template is a word: quoted or not, a script with one can be read", async () => {
  const found = await lint({
    "it/index.md": task(
      `    run: |\n      given=x(.input)\n      case x(.vars.PORT) in 1*) [ "x(.input)" = "$given" ] ;; esac\n    hintcheck: echo x(.input) is not it.\n`,
    ),
  });
  expect(found.filter((one) => one.includes("AG070"))).toEqual([]);
});

test("nothing of a script is run while it is looked at", async () => {
  using mark = folderWith({ "here/.keep": "" });
  const file = join(mark.path, "ran");
  const found = await lint({
    "it/index.md": task(
      `    run: touch ${file}; [ -e /x ]\n    hintcheck: 'echo "$(touch ${file})"'\n`,
    ),
  });
  expect(found).toEqual([]);
  expect(findItems(mark.path)).toEqual([]);
  const { existsSync } = await import("node:fs");
  expect(existsSync(file)).toBe(false);
});

test("a check that can explain nothing; one with a hint, a failcheck or a word of its own can", async () => {
  const explains = (fields: string) => lint({ "it/index.md": task(fields) });
  expect(await explains("    # echo in a comment\n    run: test -e /x\n")).toEqual([
    "it/index.md:11:3 warning AG071 whoever does not pass verify_a is never told why",
  ]);
  expect(await explains("    run: test -e /x\n    hintcheck: echo There is no /x.\n")).toEqual([]);
  expect(await explains("    run: test -e /x || { echo no; false; }\n")).toEqual([]);
  expect(await explains("    run: test -e /x\n    failcheck: test ! -e /y\n")).toEqual([]);
});

test("solutions: one that never waits, unknown tasks, unknown machines and those without SSH", async () => {
  expect(
    await lint({
      "it/index.md": `${HEAD}playground:\n  name: mini-lan\n  machines: [{ name: client }, { name: server, noSSH: true }]\ntasks:\n  verify_a: { machine: client, run: echo no; false }\n---\n${shows}`,
      "it/.solution.sh": "# examinerctl task wait verify_a\ntrue\n",
      "it/.solution-02.sh":
        "# session: moon\nexaminerctl task wait verify_b --timeout 9s\n# session: root@server retry=2\ntrue\n",
      "it/.wrong.sh": "true\n",
    }),
  ).toEqual([
    'it/.solution-02.sh:1:1 warning AG073 the session is on unknown machine "moon"',
    "it/.solution-02.sh:2:1 warning AG073 there is no task verify_b",
    "it/.solution-02.sh:3:1 warning AG073 the session is on server, which has noSSH",
    "it/.solution.sh:1:1 warning AG072 the solution never waits for a task",
  ]);
});

test("covers, pictures, cards, components and variables that are not there, each at its line", async () => {
  expect(
    await lint({
      "tutorials/it/index.md": [
        "---",
        "kind: tutorial",
        "title: A tutorial for a test",
        "description: Words.",
        "categories: [linux, cooking]",
        "tagz: [linux]",
        "createdAt: yesterday",
        "cover: __static__/gone.png",
        "---",
        "![x](__static__/no.png) {{ vars.NO || 'x' }} :code-var{name=NONE}",
        "",
        "::image-box{src=nothing.png}",
        "::",
        "::card{challenge=challenges.gone}",
        "::",
        "::tabbed",
        "---",
        ":tabs: [{ name: a, title: A }, { name: b, title: B }]",
        "---",
        "#a",
        "A",
        "::",
        "::wonder",
        "::details-box",
        "::details-box",
        "::",
        "::",
        "::",
        "::",
        "```sh",
        "![x](__static__/in-code.png)",
      ].join("\n"),
      "tutorials/it/notes.md": "Notes\n",
      "tutorials/it/__static__/read.md": "Text\n",
    }),
  ).toEqual([
    "tutorials/it/__static__/read.md:1:1 warning AG011 a Markdown file stands in __static__ and is left out",
    'tutorials/it/index.md:5:21 warning AG016 "cooking" is no category',
    'tutorials/it/index.md:6:8 warning AG017 the tag "linux" repeats a category',
    'tutorials/it/index.md:7:12 warning AG018 createdAt is "yesterday", which is no date',
    'tutorials/it/index.md:8:8 warning AG019 the cover "__static__/gone.png" does not exist',
    "tutorials/it/index.md:10:1 warning AG084 there is no __static__/no.png beside this file",
    "tutorials/it/index.md:10:25 warning AG089 the text shows the variable NO, which is not declared",
    "tutorials/it/index.md:10:46 warning AG089 the text shows the variable NONE, which is not declared",
    "tutorials/it/index.md:12:1 warning AG084 there is no __static__/nothing.png beside this file",
    'tutorials/it/index.md:14:1 warning AG083 the card shows "challenges.gone", which the front matter does not list',
    'tutorials/it/index.md:16:1 warning AG085 the tab "b" has no text',
    "tutorials/it/index.md:23:1 warning AG081 there is no component wonder",
    "tutorials/it/index.md:25:1 warning AG086 a details-box stands in a details-box",
    "tutorials/it/index.md:29:1 warning AG087 :: closes nothing",
    "tutorials/it/index.md:30:1 warning AG087 the code block is never closed",
    "tutorials/it/notes.md:1:1 warning AG011 nothing uses this Markdown file, so it is left out",
  ]);
});

test("a remark-box of an unknown kind, and conditionals without a variable or with one that is not declared", async () => {
  const text = [
    "::remark-box{kind=danger}",
    "::",
    "::remark-box{kind=tip}",
    "::",
    "::conditional",
    "::",
    "::conditional{var=WHO}",
    "::",
    "::conditional{var=PORT}",
    "::",
  ].join("\n");
  expect(
    await lint({
      "it/index.md": `${HEAD}playground: debian-stable\nvars: { PORT: "80" }\ntasks:\n  verify_a: { run: echo no; false }\n---\n${shows}\n${text}\n`,
    }),
  ).toEqual([
    expect.stringMatching(/warning AG085 "danger" is no kind of remark-box, and shows as info$/),
    expect.stringMatching(/warning AG085 a conditional has no var$/),
    expect.stringMatching(/warning AG089 the text shows the variable WHO, which is not declared$/),
  ]);
});

test("an open component that swallowed others is no matter for --fix: where it ends is its author's word", async () => {
  using folder = folderWith({
    "it/index.md": `${task("    run: echo no; false\n")}\n::remark-box\nA.\n\n::hint-box\nB.\n::\n`,
    "two/index.md": `${task("    run: echo no; false\n")}\n::remark-box\nA.\n`,
  });
  const found = await lintItems(findItems(folder.path), playgrounds);
  expect(found.map(({ code, fix, edit }) => [code, fix, edit !== undefined])).toEqual([
    ["AG080", "add a line :: where it ends, perhaps before ::hint-box in line 25", false],
    ["AG080", "add a line :: after it", true],
  ]);
});

test("misspelt keys and components are told with the word that was probably meant, at the key", async () => {
  using folder = folderWith({
    "it/index.md": `${task("    run: echo no; false\n    hintchek: echo no\n    wholly_other: 1\n")}\n::remark-bx\n::\n::zzz\n::\n`,
  });
  const found = await lintItems(findItems(folder.path), playgrounds);
  expect(found.map(({ column, code, fix }) => `${column} ${code} ${fix}`)).toEqual([
    "5 AG051 perhaps hintcheck is meant",
    "5 AG051 remove it, or check its spelling",
    "1 AG081 perhaps remark-box is meant",
    expect.stringMatching(/^1 AG081 use one of image-box, /),
  ]);
});

test("a path may be an item, a file or part of one, or a folder of many", () => {
  const corpus = join(import.meta.dirname, "corpus");
  const names = (path: string) =>
    findItems(join(corpus, path)).map(
      ({ kind, folder }) => `${kind} ${folder.slice(corpus.length + 1)}`,
    );
  expect(names("courses/net-basics/10.layers/10.frames/unit-9.md")).toEqual([
    "course courses/net-basics",
  ]);
  expect(names("challenges/every-field")).toEqual(["challenge challenges/every-field"]);
  expect(names("courses")).toEqual(["course courses/flat-course", "course courses/net-basics"]);
  expect(names("")).toHaveLength(14);
});

test("a problem is shown with its line, a caret below the place, and what would be right", () => {
  expect(
    showProblem({
      file: "/x/index.md",
      line: 12,
      column: 5,
      severity: "error",
      code: "AG059",
      message: "no such task",
      fix: "name one",
      excerpt: "\tneeds: [b]",
    }),
  ).toBe(
    "/x/index.md:12:5 error AG059 no such task\n  12 |  needs: [b]\n     |     ^\n  → name one",
  );
});

test("AG092: links of a text lead to machines that exist, in hints and units, too; the nearest name is offered", async () => {
  const text = [
    "Open :tab{text='a shell' machine=machin}, :tab{machine=machine} or :tab{name=shop}.",
    "`:tab{machine=code}` and :http-port[the shop]{port=80 machine='elsewhere'}.",
    "",
    "::hint-box",
    "Look at :http-port{port=80 machine=machne}.",
    "::",
  ].join("\n");
  const head = `${HEAD}playground: { name: flexbox, machines: [{ name: machine }] }\n`;
  using folder = folderWith({
    "it/index.md": `${head}tasks:\n  verify_a: { run: echo no; false }\n---\n${shows}\n${text}\n`,
    "course/index.md": `${HEAD.replace("kind: challenge", "kind: course")}---\nText.\n`,
    "course/1.first/index.md": `${head.replace("kind: challenge", "kind: lesson")}---\nText.\n`,
    "course/1.first/unit-1.md":
      "---\ntitle: A unit of a lesson\n---\n\n  Open :tab{machine=gone}.\n",
  });
  const found = await lintItems(findItems(folder.path), playgrounds);
  const told = found.filter(({ code }) => code === "AG092");
  expect(
    told.map(
      (one) =>
        `${one.file.slice(folder.path.length + 1)}:${one.column} ${one.severity} ${one.message} | ${one.fix} | ${one.edit?.insert[0] ?? ""}`,
    ),
  ).toEqual([
    'course/1.first/unit-1.md:21 warning :tab leads to unknown machine "gone" | use machine | ',
    `it/index.md:34 warning :tab leads to unknown machine "machin" | perhaps machine is meant | ${text.split("\n")[0]!.replace("machin}", "machine}")}`,
    'it/index.md:64 warning :http-port leads to unknown machine "elsewhere" | use machine | ',
    'it/index.md:36 warning :http-port leads to unknown machine "machne" | perhaps machine is meant | Look at :http-port{port=80 machine=machine}.',
  ]);
  for (const one of told) expect(one.excerpt).toContain("machine=");
});
