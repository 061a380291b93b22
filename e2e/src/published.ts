import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { publishInvented } from "./content.ts";
import { ask } from "./graphql.ts";

const LONG = { timeout: 100_000, interval: 300 };

/** Publishes a challenge with fresh tokens, waits until the arena shows it, and removes it after the work. */
export async function published<T>(
  work: (it: { name: string; token: string; answer: string }) => Promise<T>,
): Promise<T> {
  const id = randomBytes(4).toString("hex");
  const it = {
    name: `faults-${id}`,
    token: randomBytes(6).toString("hex"),
    answer: randomBytes(6).toString("hex"),
  };
  using _challenge = publishInvented(it.name, it.token, it.answer);
  await expect
    .poll(
      async () =>
        (
          await ask<{ challenge: { name: string } | null }>(
            "query($n: String!) { challenge(name: $n) { name } }",
            { n: it.name },
          ).catch(() => ({ challenge: null }))
        ).challenge?.name,
      LONG,
    )
    .toBe(it.name);
  return await work(it);
}
