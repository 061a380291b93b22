import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Problem } from "@agon/content/model";
import { devTarget } from "../src/dev-target.ts";
import { isEditorsOwn } from "../src/editor-files.ts";
import { HeardWarnings } from "../src/heard-warnings.ts";

const problem = (severity: Problem["severity"], message: string, line = 1): Problem => ({
  file: "index.md",
  line,
  column: 1,
  severity,
  code: "AG065",
  message,
  fix: "x",
});

test("a warning is told once while it stays true, though its line moves; an error with every save", () => {
  const heard = new HeardWarnings();
  const [a, b, wrong] = [problem("warning", "a"), problem("warning", "b"), problem("error", "e")];
  expect(heard.sort([a, wrong])).toEqual({ news: [a, wrong], old: 0 });
  expect(heard.sort([problem("warning", "a", 9), b, wrong])).toEqual({ news: [b, wrong], old: 1 });
  expect(heard.sort([b])).toEqual({ news: [], old: 1 });
  // One that came back is news.
  expect(heard.sort([a, b])).toEqual({ news: [a], old: 1 });
});

test("what editors keep beside an open file is no part of the folder; dot files of the format are", () => {
  for (const own of [".index.md.swp", "x/.index.md.swx", "4913", ".#index.md", "#index.md#"])
    expect(isEditorsOwn(own), own).toBe(true);
  for (const part of ["index.md", ".solution.sh", ".labctlignore", "a#b.md", "__static__/4913.png"])
    expect(isEditorsOwn(part), part).toBe(false);
});

test("a folder that no loop can be made of is told what else to do with it", () => {
  const folder = mkdtempSync(join(tmpdir(), "agon-loop-"));
  try {
    const said = (file: string) => {
      const at = join(folder, file.replaceAll(".", "-"));
      mkdirSync(at);
      writeFileSync(join(at, file), "");
      try {
        return String(devTarget(at));
      } catch (error) {
        return (error as { help?: string }).help;
      }
    };
    expect(said("manifest.yaml")).toContain("./agon playground start NAME");
    expect(said("010.index.md")).toContain("name it below the folder of its course");
    expect(said("notes.txt")).toContain("./agon content new challenge NAME");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a path means an item, a lesson, or the lesson of a unit; with machines where its front matter names some", () => {
  const folder = mkdtempSync(join(tmpdir(), "agon-target-"));
  const at = (path: string) => join(folder, "net-basics", path);
  try {
    for (const [path, text] of Object.entries({
      "index.md": "kind: course\ntitle: Nets",
      "10.link/index.md": "kind: module\ntitle: Links",
      "10.link/20.frames/index.md": "kind: lesson\nname: frames\nplayground: docker",
      "10.link/20.frames/unit-10.md": "kind: unit\ntitle: Words",
      "10.link/30.words/index.md": "kind: lesson\nname: words",
      "10.link/30.words/unit-10.md": "kind: unit\ntitle: Words\nplayground: docker",
    })) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), `---\n${text}\n---\n`);
    }
    const meant = (path: string) => {
      const { folder: root, word, part, machines, name } = devTarget(at(path));
      expect(root).toBe(join(folder, "net-basics"));
      return [word, part, machines, name];
    };
    expect(meant("")).toEqual(["course", "", false, "net-basics"]);
    expect(meant("index.md")).toEqual(["course", "", false, "net-basics"]);
    expect(devTarget(at("")).lessons).toEqual(["10.link/20.frames", "10.link/30.words"]);
    expect(meant("10.link")).toEqual(["module", "link", false, "net-basics-link"]);
    const frames = ["lesson", "link/frames", true, "net-basics-link-frames"];
    expect(meant("10.link/20.frames")).toEqual(frames);
    // Its tasks are the lesson's.
    expect(meant("10.link/20.frames/unit-10.md")).toEqual(frames);
    expect(meant("10.link/30.words")).toEqual([
      "lesson",
      "link/words",
      false,
      "net-basics-link-words",
    ]);
    expect(meant("10.link/30.words/unit-10.md")[0]).toBe("unit");
    expect(meant("10.link/30.words/unit-10.md")[2]).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
