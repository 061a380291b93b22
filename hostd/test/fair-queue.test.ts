import { expect, test } from "vitest";
import { FairQueue } from "../src/microvm/fair-queue.ts";

/** Starts of plays in a queue: who went, and what each was told last. */
function starts(limit: number) {
  const queue = new FairQueue(limit);
  const went: string[] = [];
  const told: Record<string, number> = {};
  const seconds: number[] = [];
  const turns = new Map<string, Disposable>();
  return {
    queue,
    went,
    told,
    seconds,
    /** @param name of the play, a letter, and a number. */
    async ask(name: string): Promise<void> {
      const turn = await queue.enter(name[0]!, (ahead, left) => {
        told[name] = ahead;
        seconds.push(left);
      });
      went.push(name);
      turns.set(name, turn);
    },
    async end(name: string): Promise<void> {
      turns.get(name)![Symbol.dispose]();
      // Who goes next goes in a moment.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("no more start at once than there is room for; a play that was not served yet goes before one that was", async () => {
  const { queue, ask, end, went, told, seconds } = starts(2);
  await Promise.all([ask("a1"), ask("a2")]);
  for (const name of ["a3", "a4", "b1", "c1"]) void ask(name);
  expect(went).toEqual(["a1", "a2"]);
  expect(queue.length).toBe(4);
  // Starts that go before: those that run, and those that wait in front of it.
  expect(told).toEqual({ b1: 2, c1: 3, a3: 4, a4: 5 });
  expect(seconds.every((left) => left >= 1)).toBe(true);
  await end("a1");
  expect(went.at(-1)).toBe("b1");
  expect(told).toEqual({ b1: 2, c1: 2, a3: 3, a4: 4 });
  await end("b1");
  // One more of the play that was served last waits behind all others.
  void ask("b2");
  expect(went.at(-1)).toBe("c1");
  for (const name of ["a2", "c1", "a3", "a4", "b2"]) await end(name);
  expect(went).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  expect(queue.length).toBe(0);
});

test("a turn that is given back twice makes room once, and nobody waits in a quiet queue", async () => {
  const { queue, ask, end, went } = starts(1);
  await ask("a1");
  let quiet = false;
  void queue.quiet().then(() => (quiet = true));
  void ask("b1");
  void ask("c1");
  await end("a1");
  await end("a1");
  expect(went).toEqual(["a1", "b1"]);
  await end("b1");
  expect(quiet).toBe(false);
  await end("c1");
  expect(quiet).toBe(true);
});
