import { randomBytes } from "node:crypto";

/** What a token opens. */
export interface Slot {
  play: string;
  machine: string;
  user: string;
  exec: boolean;
  session: string;
}

/** Milliseconds that a token is valid. */
const VALID = 60_000;
/** Unused tokens at most. */
const MAX_SLOTS = 2_000;

/** Single-use, short-lived tokens, each for one terminal, exec or way into a port. */
export class Slots<Opens = Slot> {
  readonly #slots = new Map<string, { slot: Opens; until: number }>();

  /** Registers a slot and returns its token. */
  add(slot: Opens): string {
    const now = performance.now();
    for (const [token, { until }] of this.#slots) if (until < now) this.#slots.delete(token);
    if (this.#slots.size >= MAX_SLOTS)
      throw new Error("too much is being opened at once: try again in a minute");
    const token = randomBytes(24).toString("base64url");
    this.#slots.set(token, { slot, until: now + VALID });
    return token;
  }

  /** The slot of a token, once. */
  take(token: string): Opens | undefined {
    const found = this.#slots.get(token);
    this.#slots.delete(token);
    return found && found.until >= performance.now() ? found.slot : undefined;
  }
}
