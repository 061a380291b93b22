/** How many machines wait for learners. */
export interface PoolPolicy {
  /** For each template of the base playgrounds; 0 = no pool at all. */
  base: number;
  /** For one template at most, however many were asked for. */
  most: number;
  /** Runnable processes for each processor above which nothing is made ahead. */
  load: number;
}

/** Milliseconds that count as recent. */
const RECENT = 10 * 60_000;
/** Of the machines that were asked for recently, one of these waits. */
const SHARE = 5;
/** Starts that are remembered at most. */
const REMEMBERED = 1_000;

/** AGON_POOL: `BASE`, `BASE,MOST` or `BASE,MOST,LOAD`. @throws Error when it is none of them. */
export function poolPolicy(text: string): PoolPolicy {
  const [base = Number.NaN, most = Math.max(base, 4), load = 4] = text.split(",").map(Number);
  if (!Number.isInteger(base) || !Number.isInteger(most) || base < 0 || most < base || !(load > 0))
    throw new Error(`AGON_POOL is BASE,MOST,LOAD, as 1,4,4; it is "${text}"`);
  return { base, most: base === 0 ? 0 : most, load };
}

/** What was asked for of late, and what a pool should have therefore. */
export class PoolDemand {
  readonly #policy: PoolPolicy;
  #base: ReadonlySet<string> = new Set();
  readonly #asked: { key: string; count: number; at: number }[] = [];

  constructor(policy: PoolPolicy) {
    this.#policy = policy;
  }

  /** The templates of the base playgrounds. */
  setBase(keys: string[]): void {
    this.#base = new Set(keys);
  }

  /** A play asked for `count` machines of a template. */
  asked(key: string, count: number, now: number): void {
    this.#asked.push({ key, count, at: now });
    if (this.#asked.length > REMEMBERED) this.#asked.shift();
  }

  /** Machines of a template that should wait: as many as the largest recent play took, more when many came. */
  target(key: string, now: number): number {
    while (this.#asked[0] && now - this.#asked[0].at > RECENT) this.#asked.shift();
    const recent = this.#asked.filter((one) => one.key === key).map(({ count }) => count);
    const all = recent.reduce((sum, count) => sum + count, 0);
    const base = this.#base.has(key) ? this.#policy.base : 0;
    return Math.min(this.#policy.most, Math.max(base, ...recent, Math.ceil(all / SHARE)));
  }
}
