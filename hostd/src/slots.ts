import { randomBytes } from "node:crypto";

/** Milliseconds in which a token must be used, and tokens at once. */
const VALID = 60_000;
const MAX_SLOTS = 10_000;

/** What a token opens, once. */
export interface Slot {
  play: string;
  machine: string;
  user: string;
  exec: boolean;
  session: string;
}

/** Single-use, short-lived tokens for terminals and execs. */
export class Slots {
  readonly #slots = new Map<string, Slot & { until: number }>();

  open(slot: Slot): string {
    for (const [token, { until }] of this.#slots) if (until < Date.now()) this.#slots.delete(token);
    if (this.#slots.size >= MAX_SLOTS) throw new Error("too many terminals are being opened");
    const token = randomBytes(24).toString("base64url");
    this.#slots.set(token, { ...slot, until: Date.now() + VALID });
    return token;
  }

  /** The slot of a token, which is used up by this. */
  take(token: string): Slot | undefined {
    const slot = this.#slots.get(token);
    this.#slots.delete(token);
    return slot && slot.until >= Date.now() ? slot : undefined;
  }
}
