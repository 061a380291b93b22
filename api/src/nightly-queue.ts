import { createNodeRedisClient, Queue } from "bullmq";
import type { Logger } from "@agon/daemon/log";
import { createClient } from "redis";

/** What one nightly job carries. */
export interface NightlyJob {
  /** Challenges to prove; empty = all. */
  names: string[];
}

export const queueName = "nightly";
const jobName = "bots";
/** A run that was not finished goes on with what is left; red verdicts are no reason for that. */
const jobOptions = {
  attempts: 5,
  backoff: { type: "fixed", delay: 5000 } as const,
  removeOnComplete: 30,
  removeOnFail: 30,
};

/** BullMQ waits on its connections, so they are its own, and they queue while Redis is away. */
export function jobConnection(redisUrl: string): {
  connection: never;
  close(): void;
} {
  const client = createClient({ url: redisUrl });
  client.on("error", () => {});
  return {
    connection: createNodeRedisClient(client) as never,
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

/** Where the jobs of an arena lie in Redis. */
export function jobPrefix(arena: string): string {
  return `agon:${arena}:jobs`;
}

/**
 * The batch of a job: the instant it stands for, the same whichever process runs it and however often.
 * Ids are `now-<unix ms>` or BullMQ's `repeat:<scheduler>:<unix ms>`.
 */
export function batchOf(jobId: string): string {
  const ms = /(\d{13})$/.exec(jobId)?.[1];
  return ms
    ? `${new Date(Number(ms)).toISOString().slice(0, 19)}Z-nightly`
    : jobId.replace(/\W/g, "-");
}

/** The queue of nightly bot runs. One in the whole arena. */
export class NightlyQueue {
  readonly #queue: Queue<NightlyJob>;
  readonly #link: ReturnType<typeof jobConnection>;
  #again: NodeJS.Timeout | undefined;

  constructor(redisUrl: string, arena: string, log: Logger) {
    this.#link = jobConnection(redisUrl);
    this.#queue = new Queue(queueName, {
      connection: this.#link.connection,
      prefix: jobPrefix(arena),
    });
    this.#queue.on("error", (error: Error) =>
      log.warn({ error: error.message }, "the job queue has a problem"),
    );
  }

  /** Keeps the nightly run scheduled by a cron pattern, in the computer's time zone. */
  async schedule(cron: string): Promise<void> {
    const put = () =>
      this.#queue.upsertJobScheduler(
        "nightly-bots",
        { pattern: cron },
        { name: jobName, data: { names: [] }, opts: jobOptions },
      );
    await put();
    // A lost Redis loses the schedule too.
    this.#again = setInterval(() => void put().catch(() => {}), 60_000);
  }

  /** Enqueues a run at once. One that waits or runs already is joined, not doubled. @returns its batch. */
  async enqueue(names: string[]): Promise<{ batch: string; joined: boolean }> {
    const [there] = await this.#queue.getJobs(["active", "waiting"], 0, 0);
    if (there?.id) return { batch: batchOf(there.id), joined: true };
    const id = `now-${Date.now()}`;
    await this.#queue.add(jobName, { names }, { ...jobOptions, jobId: id });
    return { batch: batchOf(id), joined: false };
  }

  async close(): Promise<void> {
    clearInterval(this.#again);
    await this.#queue.close();
    this.#link.close();
  }
}
