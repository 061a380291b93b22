import { randomUUID } from "node:crypto";
import type { Redis } from "./redis.ts";
import { orElse } from "./redis.ts";

const bound = 1000;

/** One listener's queue, bounded: what overflows is told as "lost", and the listener reads again. */
export class LiveQueue {
  #items: unknown[] = [];
  #lost = false;
  #wake: (() => void) | null = null;

  push(item: unknown): void {
    if (this.#items.length >= bound) {
      this.#items = [];
      this.#lost = true;
    } else this.#items.push(item);
    this.#wake?.();
  }

  /** The next item, "lost" after an overflow, "quiet" when nothing came in time. */
  async next(waitMs: number): Promise<{ item: unknown } | "lost" | "quiet"> {
    if (!this.#items.length && !this.#lost) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          done();
        };
      });
      this.#wake = null;
    }
    if (this.#lost) {
      this.#lost = false;
      return "lost";
    }
    return this.#items.length ? { item: this.#items.shift() } : "quiet";
  }
}

/** News between api processes. May lose: every reader repeats its version and reads again. */
export class Live {
  #redis: Redis;
  #subscriber: Redis;
  #channel: string;
  #self = randomUUID();
  #queues = new Map<string, Set<LiveQueue>>();
  #heard = new Map<string, (body: unknown) => void>();

  constructor(redis: Redis, arena: string) {
    this.#redis = redis;
    this.#channel = `agon:${arena}:live`;
    this.#subscriber = redis.duplicate();
    this.#subscriber.on("error", () => {});
  }

  async open(): Promise<void> {
    await this.#subscriber.connect();
    await this.#subscriber.subscribe(this.#channel, (message) => {
      const { from, topic, body } = JSON.parse(message) as {
        from: string;
        topic: string;
        body: unknown;
      };
      if (from !== this.#self) this.#deliver(topic, body);
    });
  }

  /** Tells this process at once, the others through Redis. */
  publish(topic: string, body: unknown): void {
    this.#deliver(topic, body);
    const message = JSON.stringify({ from: this.#self, topic, body });
    void orElse(this.#redis.publish(this.#channel, message), 0);
  }

  /** Calls for each news of a topic, from the first call of `open` on; one caller a topic. */
  hear(topic: string, heard: (body: unknown) => void): void {
    this.#heard.set(topic, heard);
  }

  listen(topic: string): { queue: LiveQueue; close: () => void } {
    const queue = new LiveQueue();
    const queues = this.#queues.get(topic) ?? new Set();
    queues.add(queue);
    this.#queues.set(topic, queues);
    return {
      queue,
      close: () => {
        queues.delete(queue);
        if (!queues.size) this.#queues.delete(topic);
      },
    };
  }

  #deliver(topic: string, body: unknown): void {
    this.#heard.get(topic)?.(body);
    for (const queue of this.#queues.get(topic) ?? []) queue.push(body);
  }

  close(): void {
    this.#subscriber.destroy();
  }
}
