import { randomBytes } from "node:crypto";
import { publishInvented } from "./content.ts";
import { isPublished } from "./own-challenge.ts";

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
  await isPublished(it.name);
  return await work(it);
}
