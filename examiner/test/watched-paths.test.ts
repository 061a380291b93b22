import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OwnTouches } from "../src/own-touches.ts";
import { WatchedPaths, literalPaths } from "../src/watched-paths.ts";

let folder: string;
let seen: string[];
let paths: WatchedPaths;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agon-watched-"));
  seen = [];
  paths = new WatchedPaths((path) => seen.push(path));
});
afterEach(() => {
  paths.close();
  rmSync(folder, { recursive: true });
});
const change = (path: string) =>
  expect.poll(() => seen, { timeout: 10_000, interval: 5 }).toContain(path);

test("literal paths: absolute ones, and those in the home of who runs the script", () => {
  const found = (text: string, home = "/home/ada") => literalPaths([{ text, home }]);
  expect(found("cat /etc/motd > '/srv/a b' ; ls /proc/1")).toEqual(["/etc/motd", "/srv/a"]);
  expect(found('[ -x ~/report.sh ] && . "$HOME/env" && ls ${HOME}/x/y')).toEqual([
    "/home/ada/report.sh",
    "/home/ada/env",
    "/home/ada/x/y",
  ]);
  expect(found("ls ~ben/x a~/b $HOMES/x https://a.b/c ./d")).toEqual([]);
  expect(found("ls ~/x /srv/y", "")).toEqual(["/srv/y"]);
});

test("a file that is not there yet is seen when it appears; its neighbours are not", async () => {
  paths.set([{ text: `cat ${folder}/wanted`, home: homedir() }]);
  writeFileSync(join(folder, "other"), "");
  writeFileSync(join(folder, "fresh"), "");
  renameSync(join(folder, "fresh"), join(folder, "wanted"));
  await change(join(folder, "wanted"));
  expect(new Set(seen)).toEqual(new Set([join(folder, "wanted")]));
});

test("a file that is replaced again and again is seen each time", async () => {
  const file = join(folder, "wanted");
  paths.set([{ text: `cat ${file}`, home: "" }]);
  for (let version = 0; version < 5; version++) {
    seen.length = 0;
    writeFileSync(join(folder, "fresh"), String(version));
    renameSync(join(folder, "fresh"), file);
    await change(file);
  }
});

test("folders on the way that appear are followed", async () => {
  paths.set([{ text: `cat ${folder}/a/b`, home: "" }]);
  mkdirSync(join(folder, "a"));
  await change(join(folder, "a"));
  writeFileSync(join(folder, "a/b"), "");
  await change(join(folder, "a/b"));
});

test("everything in a watched folder counts", async () => {
  paths.set([{ text: `ls ${folder}`, home: "" }]);
  writeFileSync(join(folder, "any"), "");
  await change(folder);
});

test("what checks write themselves wakes them three times, then not for half a minute", () => {
  const touches = new OwnTouches();
  let now = 0;
  const woken: number[] = [];
  for (; now < 60_000; now += 200) if (touches.touched("/hint", true, now)) woken.push(now);
  expect(woken.slice(0, 4)).toEqual([0, 200, 400, 30_600]);
  expect(woken.length).toBeLessThan(10);
  expect(touches.touched("/hint", false, now)).toBe(true);
});

test("a learner's changes wake, also while checks run, and so do events of one change that come together", () => {
  const touches = new OwnTouches();
  for (let now = 0; now < 60_000; now += 1_600) {
    expect(touches.touched("/file", true, now)).toBe(true);
    expect(touches.touched("/file", true, now + 3)).toBe(true);
  }
});
