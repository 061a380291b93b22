import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../src/journal.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "agon-journal-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const event = { $case: "state", value: { state: "RUNNING", reason: "" } } as const;

test("numbers are dense and go on after a restart, with the same epoch", async () => {
  const first = await Journal.open(folder);
  const made = await Promise.all([1, 2, 3].map(() => first.append("some-play", event)));
  expect(made.map(({ n }) => n)).toEqual([1, 2, 3]);
  await first.close();
  const second = await Journal.open(folder);
  expect(second.epoch).toBe(first.epoch);
  expect((await second.append("some-play", event)).n).toBe(4);
  expect(second.next(1)?.n).toBe(2);
  expect(second.next(4)).toBeUndefined();
  await second.close();
});

test("a line that a crash cut off is dropped", async () => {
  const first = await Journal.open(folder);
  await first.append("some-play", event);
  await first.close();
  appendFileSync(join(folder, "journal.jsonl"), '{"n":2,"epo');
  const second = await Journal.open(folder);
  expect((await second.append("some-play", event)).n).toBe(2);
  await second.close();
  const third = await Journal.open(folder);
  expect(third.last).toBe(2);
  await third.close();
});

test("acknowledged events are dropped and the counter stays", async () => {
  const journal = await Journal.open(folder);
  await Promise.all(Array.from({ length: 1_500 }, () => journal.append("some-play", event)));
  journal.ack(1_490);
  await journal.append("some-play", event);
  expect(journal.events[0]?.n).toBe(1_491);
  expect(journal.next(0)?.n).toBe(1_491);
  await journal.close();
  const again = await Journal.open(folder);
  expect([again.events[0]?.n, again.last]).toEqual([1_491, 1_501]);
  await again.close();
});

test("a lost journal begins a new epoch", async () => {
  const first = await Journal.open(folder);
  await first.close();
  rmSync(join(folder, "journal.jsonl"));
  const second = await Journal.open(folder);
  expect(second.epoch).not.toBe(first.epoch);
  await second.close();
});
