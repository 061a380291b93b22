import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadCatalogue } from "@agon/content/load";
import type { AccessControl } from "@agon/content/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { may } from "../src/access.ts";
import { Content } from "../src/content.ts";
import { partAt } from "../src/entry.ts";
import { Library } from "../src/library.ts";
import type { TallyDoc } from "../src/models/store.ts";
import { Progresses } from "../src/progress.ts";
import type { Viewer } from "../src/viewer.ts";

const folder = mkdtempSync(join(tmpdir(), "agon-library-"));
const library = new Library(
  // Nothing here reads or writes a version.
  new Content(undefined as never),
);
let content: Content;

function write(path: string, matter: string, body = ""): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `---\ntitle: A title of ten letters\ndescription: Words\ncategories: [linux]\ntagz: [a]\ncreatedAt: 2026-01-01\n${matter}\n---\n${body}`,
  );
}
const machine =
  "playground:\n  name: flexbox\n  machines:\n    - { name: m1, users: [{name: laborant}], drives: [{source: debian-12, mount: /, size: 1GiB}], network: {interfaces: [{network: local}]} }";
const task = "tasks:\n  verify_it: { machine: m1, run: 'false', hintcheck: 'echo no' }";
const shown = "::simple-task\n---\n:tasks: tasks\n:name: verify_it\n---\n#active\nDo it.\n::\n";

let known: Library;
beforeAll(async () => {
  write("challenges/one/index.md", `kind: challenge\ndifficulty: easy\n${machine}\n${task}`, shown);
  write("challenges/two/index.md", `kind: challenge\ndifficulty: hard\n${machine}\n${task}`, shown);
  write(
    "content/tutorials/with-machine/index.md",
    `kind: tutorial\n${machine}\n${task}\nchallenges: { one: {} }`,
    `${shown}\nSee https://labs.iximiuz.com/challenges/two-6e81f2aa and [x](https://labs.iximiuz.com/tutorials/gone).`,
  );
  write("content/tutorials/only-text/index.md", "kind: tutorial", "Words.");
  write("content/courses/net/index.md", "kind: course", "About.");
  write("content/courses/net/10.low/index.md", "kind: module\nname: low");
  write(
    "content/courses/net/10.low/10.frames/index.md",
    "kind: lesson\nname: frames\nchallenges: { one: {} }",
  );
  write("content/courses/net/10.low/10.frames/unit-10.md", "kind: unit\nchallenges: { two: {} }");
  write("content/courses/net/10.low/20.read/index.md", "kind: lesson\nname: read");
  write("content/courses/net/10.low/20.read/unit-10.md", "kind: unit", "Only words.");
  write("content/skill-paths/path/index.md", "kind: skill-path");
  write("content/skill-paths/path/unit-10.md", "kind: unit\ntutorials: { with-machine: {} }");
  write("content/skill-paths/path/unit-20.md", "kind: unit\ncourses: { net: {} }");
  write("content/skill-paths/path/unit-30.md", "kind: unit\nroadmaps: { map: {} }");
  write("content/skill-paths/round/index.md", "kind: skill-path");
  write("content/skill-paths/round/unit-10.md", "kind: unit\nskill-paths: { round: {} }");
  write("content/roadmaps/map/index.md", "kind: roadmap", "A map.");
  content = new Content(undefined as never);
  const catalogue = await loadCatalogue(
    join(folder, "challenges"),
    join(import.meta.dirname, "../../playgrounds"),
    join(folder, "content"),
  );
  expect(catalogue.problems.filter((one) => one.severity === "error")).toEqual([]);
  content.offer(catalogue);
  known = new Library(content);
});
afterAll(() => rmSync(folder, { recursive: true }));

const tally = (solved: string[], marked: string[] = [], attempted: string[] = []): TallyDoc => ({
  _id: "u",
  handle: "u",
  ranked: true,
  solves: Object.fromEntries(
    solved.map((name) => [name, { points: 1, at: 1, seconds: 1, firstSolve: false }]),
  ),
  attempted: Object.fromEntries(attempted.map((name) => [name, true])),
  marks: Object.fromEntries(marked.map((key) => [key, 1])),
});
const status = (id: string, of: TallyDoc | null) =>
  new Progresses(known, of).status(known.byId(id)!);

test("an empty catalogue has nothing to find", () => {
  expect(library.find("tutorial", "x")).toBeUndefined();
  expect(library.index.size).toBe(0);
});

test("a lesson is completed by its challenges, those of its units too; one without any by its reader", () => {
  const of = (some: TallyDoc | null) => new Progresses(known, some).of(known.byId("course/net")!);
  expect(of(null)).toEqual({ done: 0, total: 2 });
  expect(of(tally(["one"]))).toEqual({ done: 0, total: 2 });
  expect(of(tally(["one", "two"]))).toEqual({ done: 1, total: 2 });
  const all = tally(["one", "two"], ["course/net/low/read"]);
  expect(of(all)).toEqual({ done: 2, total: 2 });
  expect(status("course/net", all)).toBe("solved");
  expect(status("course/net", tally(["one", "two"]))).toBe("attempted");
});

test("only a tutorial with a playground is marked by its reader", () => {
  const progress = new Progresses(known, null);
  const markable = (id: string, path = "") => progress.markable(known.byId(id)!, path);
  expect(markable("tutorial/with-machine")).toBe(true);
  expect(markable("tutorial/only-text")).toBe(false);
  expect(markable("challenge/one")).toBe(false);
  expect(markable("course/net")).toBe(false);
  expect(markable("course/net", "low/read")).toBe(true);
  expect(markable("course/net", "low/frames")).toBe(false);
  expect(markable("course/net", "low")).toBe(false);
  expect(markable("roadmap/map")).toBe(false);
});

test("a skill path counts what its units embed; a roadmap never completes, and a path in itself ends", () => {
  const everything = tally(["one", "two"], ["tutorial/with-machine", "course/net/low/read"]);
  expect(new Progresses(known, everything).of(known.byId("skill-path/path")!)).toEqual({
    done: 2,
    total: 3,
  });
  expect(status("skill-path/round", everything)).toBe("todo");
});

test("cards and links of the origin lead to what is here, with or without a suffix", () => {
  const entry = known.byId("tutorial/with-machine")!;
  expect(known.references(entry, null).map((one) => one.id)).toEqual([
    "challenge/one",
    "challenge/two",
  ]);
  expect(known.find("challenge", "two_6e81f2aa")?.id).toBe("challenge/two");
  expect(known.find("challenge", "two-6e81f2aa")?.id).toBe("challenge/two");
});

test("what is not to be read is not referenced, listed, or started", () => {
  const hidden: AccessControl = { canList: ["owner"], canRead: ["owner"], canStart: ["nobody"] };
  known.guard(new Map([["challenge/one", { owner: "author", lists: hidden }]]));
  const author = { id: "1", handle: "author", role: "author" } as Viewer;
  const other = { ...author, id: "2", handle: "other" };
  const entry = known.byId("tutorial/with-machine")!;
  expect(known.references(entry, other).map((one) => one.id)).toEqual(["challenge/two"]);
  expect(known.references(entry, author)).toHaveLength(2);
  const looker = known.looker(other, () => "todo");
  expect(known.index.search("", {}, looker).ids).not.toContain("challenge/one");
  expect(known.mayPlay(author, "canStart", "one")).toBe(false);
  expect(known.mayPlay(other, "canStart", "two")).toBe(true);
  known.guard(new Map());
});

test("each principal of the vocabulary lets in whom it means; nobody outweighs the owner, the unknown nobody", () => {
  const viewer = { id: "42", handle: "ann", role: "learner" } as Viewer;
  const lets = (list: string[], who: Viewer | null = viewer, owner = "bob") =>
    may({ owner, lists: { canRead: list } }, "canRead", who);
  expect(lets(["anyone"], null)).toBe(true);
  expect(lets(["authenticated"], null)).toBe(false);
  expect(lets(["authenticated"])).toBe(true);
  expect(lets(["owner"])).toBe(false);
  expect(lets(["owner"], viewer, "ann")).toBe(true);
  expect(lets(["user:42"])).toBe(true);
  expect(lets(["user:43", "has-pack:x", "student:y", "who-knows"])).toBe(false);
  expect(lets(["anyone", "owner", "nobody"], viewer, "ann")).toBe(false);
  expect(lets([], viewer, "ann")).toBe(false);
  expect(may({ owner: "bob", lists: {} }, "canRead", viewer)).toBe(false);
  expect(may({ owner: "", lists: {} }, "canRead", null)).toBe(true);
});

test("a play of a tutorial, a lesson or a playground has a name that says so, and its text", () => {
  expect(content.current("one")?.name).toBe("one");
  expect(content.current("challenge/one")).toBeUndefined();
  const tutorial = content.current("tutorial/with-machine");
  expect(tutorial).toMatchObject({ name: "tutorial/with-machine", hints: [] });
  expect(tutorial!.tasks.map((one) => one.name)).toContain("verify_it");
  expect(content.current("tutorial/only-text")).toBeUndefined();
  expect(content.current("playground/mini-lan")?.playground.machines).toHaveLength(2);
  expect(content.current("course/net/low/frames")).toBeUndefined();
  expect(partAt(known.byId("course/net")!, "low/frames/unit-10")?.kind).toBe("unit");
});
