import { spawn } from "node:child_process";
import { Worker } from "bullmq";
import type { Logger } from "@agon/daemon/log";
import { batchOf, jobConnection, jobPrefix, queueName, type NightlyJob } from "./nightly-queue.ts";

export interface NightlySettings {
  redisUrl: string;
  arena: string;
  root: string;
  endpoint: string;
  botKey: string;
}

const maxTail = 4000;

/**
 * Takes nightly bot runs from the queue. A process that is killed loses its lock, and another one goes on
 * with the same batch: the bots skip what is recorded of it. Its own bots end with it (`--tied`).
 */
export function startNightlyWorker(
  settings: NightlySettings,
  log: Logger,
): { close(): Promise<void> } {
  const link = jobConnection(settings.redisUrl);
  const stop = new AbortController();
  const worker = new Worker<NightlyJob, number>(
    queueName,
    (job) => runBots(settings, batchOf(job.id ?? ""), job.data.names ?? [], stop.signal, log),
    {
      connection: link.connection,
      prefix: jobPrefix(settings.arena),
      concurrency: 1,
      // A killed process is noticed after this long; its job then goes to another one.
      lockDuration: 15_000,
      stalledInterval: 5_000,
      // Each kill costs one; a run is long, and api may be killed many times in it.
      maxStalledCount: 50,
    },
  );
  worker.on("error", (error: Error) =>
    log.warn({ error: error.message }, "the job queue has a problem"),
  );
  worker.on("failed", (_job, error) =>
    log.error({ error: error.message }, "the nightly bot run failed"),
  );
  return {
    async close() {
      stop.abort();
      await worker.close(true);
      link.close();
    },
  };
}

/** @returns the exit code of the bots: 0, or 1 when some verdict is red. */
async function runBots(
  settings: NightlySettings,
  batch: string,
  names: string[],
  signal: AbortSignal,
  log: Logger,
): Promise<number> {
  log.info({ batch, names }, "the nightly bot run starts");
  // Bots are ordinary clients: they get an endpoint and a key, nothing of the stores.
  const env: NodeJS.ProcessEnv = {
    AGON_ENDPOINT: settings.endpoint,
    AGON_API_KEY: settings.botKey,
  };
  for (const name of [
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "AGON_CONTENT_DIR",
    "AGON_LIBRARY_DIR",
    "AGON_ARTIFACTS",
  ])
    if (process.env[name]) env[name] = process.env[name];
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "bots/src/main.ts",
      "run",
      ...names,
      "--json",
      "--nightly",
      "--tied",
      "--batch",
      batch,
    ],
    // The open standard input is the tie: it ends when this process does, however it does.
    { cwd: settings.root, env, stdio: ["pipe", "ignore", "pipe"], signal, killSignal: "SIGTERM" },
  );
  let tail = "";
  child.stderr.on("data", (data: Buffer) => (tail = (tail + data.toString()).slice(-maxTail)));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 2));
  });
  // 1 = some verdict is red: the runs are recorded, nothing to repeat.
  if (code > 1) throw new Error(`bots ended with ${code}: ${tail.slice(-500)}`);
  log.info({ batch, code, tail: code ? tail.slice(-500) : "" }, "the nightly bot run ended");
  return code;
}
