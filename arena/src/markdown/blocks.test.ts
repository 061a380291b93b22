import { expect, test } from "vitest";
import { follow, readBlocks, type Block, type ComponentBlock } from "./blocks";
import { still } from "./scene";

const scene = still({});
const read = (text: string, known: Block[] = []) => follow(known, readBlocks(text, scene));
const task = (name: string, text: string) =>
  `::user-input-task\n---\n:tasks: tasks\n:name: ${name}\n---\n#active\n${text}\n::\n`;
const named = (blocks: Block[], name: string) =>
  blocks.find(
    (one): one is ComponentBlock => one.kind === "component" && one.given()["name"] === name,
  )!;

test("only the paragraph that changed is another block", () => {
  const before = read("# Head\n\nOne.\n\nTwo.\n\n```sh\nls\n```\n");
  const after = read("# Head\n\nOne, changed.\n\nTwo.\n\n```sh\nls\n```\n", before);
  const same = after.filter((block) => before.includes(block)).map((block) => block.key);
  expect(same).toHaveLength(before.length - 1);
  expect(after.find((block) => !before.includes(block))!.key).toContain("One, changed.");
});

test("a task is the same component after its text, its place and its neighbours changed", () => {
  const before = read(`${task("a", "First.")}\nBetween.\n\n${task("b", "Second.")}`);
  const [a, b] = [named(before, "a"), named(before, "b")];
  const after = read(`New.\n\n${task("b", "Second, better.")}\n${task("a", "First.")}`, before);
  expect(named(after, "a")).toBe(a);
  expect(named(after, "b")).toBe(b);
  expect(b.slots()["active"]![0]!.key).toContain("Second, better.");
});

test("a box stays the same when its text changes, and what stands in it is followed in turn", () => {
  const box = (text: string) =>
    `::details-box\n---\n:summary: More\n---\nKept.\n\n${text}\n\n${task("a", "In the box.")}::\n`;
  const before = read(box("Old."));
  const outer = before[0] as ComponentBlock;
  const inner = named(outer.slots()["default"]!, "a");
  const kept = outer.slots()["default"]![0];
  const after = read(box("New."), before);
  expect(after[0]).toBe(outer);
  expect(outer.slots()["default"]![0]).toBe(kept);
  expect(named(outer.slots()["default"]!, "a")).toBe(inner);
  expect(outer.slots()["default"]![1]!.key).toContain("New.");
});

test("another task in the place of a task is another component: nothing typed for one goes to the other", () => {
  const before = read(task("a", "First."));
  const after = read(task("b", "First."), before);
  expect(after[0]).not.toBe(before[0]);
});

test("of equal blocks each stays once", () => {
  const before = read("Same.\n\nSame.\n");
  const after = read("Same.\n\nSame.\n\nSame.\n", before);
  expect(new Set(after).size).toBe(3);
  expect(after.slice(0, 2)).toEqual(before);
});
