import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadFolder, loadCatalogue } from "@agon/content/load";
import { arenaRoot } from "../src/content/root.ts";
import { convertText } from "../src/killercoda/text.ts";
import type { Note } from "../src/killercoda/scenario.ts";
import { cli } from "./run-cli.ts";

const out = mkdtempSync(join(tmpdir(), "agon-import-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));
const scenarios = join(import.meta.dirname, "scenarios");

interface Imported {
  name: string;
  kind: string;
  folder: string;
  notes: Note[];
  problems: { severity: string; message: string }[];
}
const done = cli("content", "import", "killercoda", scenarios, "--dir", out, "--json");
const { imported } = JSON.parse(done.out) as { imported: Imported[] };
const { playgrounds } = await loadCatalogue("", join(arenaRoot, "playgrounds"));
const notes = (one: Imported, kind: string) =>
  one.notes.filter((note) => note.kind === kind).map(({ file, message }) => `${file}: ${message}`);

test("a tree of scenarios is imported in the order of structure.json, twins by their parents' names", () => {
  expect(done.err).toBe("");
  expect(done.code).toBe(0);
  expect(imported.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    "challenge web-debug-nginx",
    "tutorial no-checks",
    "challenge tools-debug-nginx",
  ]);
  for (const one of imported)
    expect(one.problems.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("each verify script is a regular task with its component at its step; scripts are init tasks and helpers", () => {
  const item = loadFolder(imported[0]!.folder, "web-debug-nginx", playgrounds, [])!;
  const tasks = Object.fromEntries(item.tasks.map((task) => [task.name, task]));
  expect(item.tasks.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    "init init_background",
    "init init_foreground",
    "regular verify_step_1",
    "helper helper_background_2",
    "regular verify_step_2",
  ]);
  expect(tasks["init_foreground"]!.needs).toEqual(["init_background"]);
  expect(tasks["verify_step_1"]!.run).toBe("test -e /tmp/found\n");
  expect(tasks["verify_step_2"]!.needs).toContain("verify_step_1");
  expect(tasks["helper_background_2"]!.needs).toEqual(["verify_step_1"]);
  expect(tasks["verify_step_2"]!.run).toBe("/opt/scenario/verify_step_2.py");
  expect(tasks["verify_step_1"]!.title).toBe("Find the fault");
  expect(item.body.indexOf(":name: verify_step_1")).toBeGreaterThan(
    item.body.indexOf("## Find the fault"),
  );
  expect(item.body.indexOf(":name: verify_step_1")).toBeLessThan(
    item.body.indexOf("## Put it right"),
  );
  expect(item.solution).toContain("It is the port");
  expect(item).toMatchObject({ difficulty: "medium", title: "Debug a proxy" });
});

test("assets are startup files with their modes, and the other language's script comes along", () => {
  const item = loadFolder(imported[0]!.folder, "web-debug-nginx", playgrounds, [])!;
  const files = item.playground!.startupFiles.map(
    ({ path, mode }) => `${path} ${mode.toString(8)}`,
  );
  expect(files.sort()).toEqual([
    "/opt/scenario/verify_step_2.py 755",
    "/root/logo.bin 600",
    "/srv/site/a.css 644",
    "/srv/site/index.html 644",
    "/usr/local/bin/run.sh 755",
  ]);
  expect(existsSync(join(imported[0]!.folder, "__static__/logo.bin"))).toBe(true);
  expect(item.playground!.tabs!.map(({ kind }) => kind)).toEqual(["terminal", "ide"]);
});

test("what has no counterpart is listed, and so is what works in another way: nothing goes in silence", () => {
  expect(notes(imported[0]!, "dropped").sort()).toEqual([
    "index.json: assets for host02: there is one machine",
    'index.json: details.intro.credits: "somebody"',
    'index.json: time: "15 minutes"',
    "notes.txt: nothing in index.json names this file",
    "step3-gone.sh: it is named and could not be read: it is not there",
  ]);
  const changed = notes(imported[0]!, "changed").join("\n");
  for (const word of [
    "Ubuntu became Debian",
    "the layout editor-terminal became tabs",
    "the foreground script of the intro is an init task",
    "it runs once when verify_step_1 is completed",
    'the foreground script of "Put it right" is a code block',
    "it is a script for python3",
    "the link to port 80 opens /, not /x",
    "interrupt has no meaning here",
    "{{open}} became plain code",
  ])
    expect(changed).toContain(word);
});

test("images are mapped: Docker where scripts use it, clusters to playgrounds that may be missing here", () => {
  const docker = loadFolder(imported[2]!.folder, "x", playgrounds, [])!;
  expect(docker.playground!.name).toBe("docker");
  const cluster = loadFolder(imported[1]!.folder, "x", playgrounds, [])!;
  expect(cluster).toMatchObject({
    kind: "tutorial",
    unavailable: expect.stringContaining('Playground "k3s" is not available here'),
  });
});

test("text actions become code blocks; code stays as it is, and what looks like a component stays text", () => {
  const list: Note[] = [];
  const file = readFileSync(join(scenarios, "web/debug-nginx/step1/text.md"), "utf8");
  const { text } = convertText("t.md", file, list);
  expect(text).toContain("```sh\nsystemctl status nginx\n```");
  expect(text).toContain("```bash\ncurl -s localhost\n::not-a-component\n```\n");
  expect(text).toContain("Open `/etc/hosts`, plain `word`.");
  expect(text).toContain("\\::looks-like-one");
  expect(text).not.toContain("{{");
  expect(convertText("t.md", "[Go]({{TRAFFIC_HOST1_80}}) or {{TRAFFIC_HOST1_81}}/a", []).text).toBe(
    ":http-port{text='Go' port=80} or :http-port{text='port 81' port=81}",
  );
});

test("folded solutions stay folded, HTML links and pictures are Markdown, and what has no counterpart is listed", () => {
  const list: Note[] = [];
  const { text, images } = convertText(
    "t.md",
    [
      "Do it.<br>",
      "<details><summary>The <b>solution</b>: look</summary>",
      "<br>",
      "",
      "```plain",
      "</details> in code",
      "```{{exec}}",
      "<details>",
      "<summary>Why</summary>",
      "Because.",
      "</details>",
      "</details>",
      '<a href="https://example.com/a" target=_blank>Read</a> and <img src="./assets/p.png" alt="A p">',
      '<div class="x">Words</div> and `<div>` in code',
      "<details><summary>Short</summary>One line.</details> after",
      "<details><summary>Left open</summary>",
    ].join("\n"),
    list,
  );
  expect(text.split("\n").filter((line) => line.trim())).toEqual([
    "Do it.<br>",
    "::details-box",
    "---",
    ':summary: "The solution: look"',
    "---",
    "<br>",
    "```plain",
    "</details> in code",
    "```",
    "**Why**",
    "Because.",
    "::",
    "[Read](https://example.com/a) and ![A p](__static__/p.png)",
    '<div class="x">Words</div> and `<div>` in code',
    "::details-box",
    "---",
    ':summary: "Short"',
    "---",
    "One line.",
    "::",
    "after",
    "::details-box",
    "---",
    ':summary: "Left open"',
    "---",
    "::",
  ]);
  expect(images).toEqual(["./assets/p.png"]);
  expect(list.map(({ kind, message }) => `${kind} ${message}`)).toEqual([
    "changed {{exec}} became a code block that can be copied",
    "changed <details> in <details> is open text: boxes cannot stand in each other",
    "dropped the HTML tag <div>: only its words stay",
  ]);
});

test("a folder without a scenario, and one that is there already", () => {
  expect(
    cli("content", "import", "killercoda", join(scenarios, "web/debug-nginx/step1")),
  ).toMatchObject({
    code: 1,
    err: expect.stringContaining("There is no scenario"),
  });
  expect(cli("content", "import", "killercoda", scenarios, "--dir", out)).toMatchObject({
    code: 1,
    err: expect.stringContaining("exists already"),
  });
});
