import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Problem } from "@agon/content/model";
import { Arena } from "../src/arena.ts";
import { Dev } from "../src/dev.ts";
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
    const arena = new Arena("http://127.0.0.1:1", "no-key");
    const said = (file: string) => {
      const at = join(folder, file.replaceAll(".", "-"));
      mkdirSync(at);
      writeFileSync(join(at, file), "");
      try {
        return String(new Dev(arena, at, ""));
      } catch (error) {
        return (error as { help?: string }).help;
      }
    };
    expect(said("manifest.yaml")).toContain("./agon playground start NAME");
    expect(said("010.index.md")).toContain("./agon content preview PATH_OF_THE_COURSE");
    expect(said("notes.txt")).toContain("./agon content new challenge NAME");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
