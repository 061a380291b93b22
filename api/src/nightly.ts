import { spawn } from "node:child_process";
import { createNodeRedisClient, Queue, Worker } from "bullmq";
import type { Logger } from "@agon/daemon/log";
import { createClient } from "redis";

export interface NightlySettings {
  redisUrl: string;
  arena: string;
  cron: string;
  root: string;
  endpoint: string;
  botKey: string;
}

const maxTail = 4000;

/** The nightly bot run: one job in the whole arena, whichever process takes it. */
export async function startNightly(
  settings: NightlySettings,
  log: Logger,
): Promise<{ close(): Promise<void> }> {
  // BullMQ waits on its connections, so they are its own, and they queue while Redis is away.
  const connect = () => {
    const client = createClient({ url: settings.redisUrl });
    client.on("error", () => {});
    return client;
  };
  const clients = [connect(), connect()] as const;
  const prefix = `agon:${settings.arena}:jobs`;
  const queue = new Queue("nightly", {
    connection: createNodeRedisClient(clients[0]) as never,
    prefix,
  });
  const worker = new Worker("nightly", () => runBots(settings, log), {
    connection: createNodeRedisClient(clients[1]) as never,
    prefix,
    concurrency: 1,
    // A killed process is noticed after this long; its job then goes to another one.
    lockDuration: 30_000,
    stalledInterval: 15_000,
  });
  const problem = (error: Error): void =>
    log.warn({ error: error.message }, "the job queue has a problem");
  queue.on("error", problem);
  worker.on("error", problem);
  worker.on("failed", (_job, error) =>
    log.error({ error: error.message }, "the nightly bot run failed"),
  );
  const schedule = () =>
    queue.upsertJobScheduler(
      "nightly-bots",
      { pattern: settings.cron },
      { name: "bots", opts: { attempts: 2, removeOnComplete: 30, removeOnFail: 30 } },
    );
  await schedule();
  // A lost Redis loses the schedule too.
  const again = setInterval(() => void schedule().catch(() => {}), 60_000);
  return {
    async close() {
      clearInterval(again);
      await worker.close(true);
      await queue.close();
      for (const client of clients) if (client.isOpen) client.destroy();
    },
  };
}

async function runBots(settings: NightlySettings, log: Logger): Promise<number> {
  log.info("the nightly bot run starts");
  const child = spawn(process.execPath, ["bots/src/main.ts", "run", "--json", "--nightly"], {
    cwd: settings.root,
    env: {
      ...process.env,
      AGON_ENDPOINT: settings.endpoint,
      AGON_API_KEY: settings.botKey,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let tail = "";
  child.stderr.on("data", (data: Buffer) => (tail = (tail + data.toString()).slice(-maxTail)));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  // 1 = some verdict is red: the runs are recorded, nothing to repeat.
  if (code > 1) throw new Error(`bots ended with ${code}: ${tail.slice(-500)}`);
  log.info({ code, tail: code ? tail.slice(-500) : "" }, "the nightly bot run ended");
  return code;
}
