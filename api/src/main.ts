import { loadCatalogue } from "@agon/content/load";
import { watchCatalogue } from "@agon/content/watch";
import { env } from "@agon/daemon/env";
import { serviceLog } from "@agon/daemon/log";
import { onStop } from "@agon/daemon/stop";
import { startApp } from "./app.ts";
import { botKey } from "./bootstrap.ts";
import type { HostAddress } from "./hosts.ts";
import { startNightlyWorker } from "./nightly-worker.ts";

const log = serviceLog("api");
const secret = env("AGON_SECRET");
const arena = env("AGON_ARENA_ID");
const redisUrl = env("REDIS_URL");
const publicUrl = env("AGON_PUBLIC_URL");

/** Challenges, playgrounds, and the folder with all other kinds, if there is one. */
const folders = [
  env("AGON_CONTENT_DIR"),
  env("AGON_PLAYGROUNDS_DIR"),
  process.env["AGON_LIBRARY_DIR"],
] as const;

const app = await startApp(
  {
    port: Number(env("PORT")),
    mongoUrl: env("MONGO_URL"),
    redisUrl,
    arena,
    api: env("AGON_API_ID"),
    pki: env("AGON_PKI"),
    hosts: JSON.parse(env("AGON_HOSTS", "[]")) as HostAddress[],
    ...(process.env["AGON_FIRST_HOST"]
      ? { firstHost: JSON.parse(process.env["AGON_FIRST_HOST"]) as { id: string; token: string } }
      : {}),
    secret,
    publicUrl,
    playgroundsDir: env("AGON_PLAYGROUNDS_DIR"),
    catalogue: await loadCatalogue(...folders),
  },
  log,
);
const watcher = await watchCatalogue(...folders, (catalogue) => app.content.offer(catalogue));
await app.nightly.schedule(env("AGON_NIGHTLY", "0 2 * * *"));
const nightly = startNightlyWorker(
  {
    redisUrl,
    arena,
    root: env("AGON_ROOT"),
    endpoint: publicUrl,
    botKey: botKey(secret),
  },
  log,
);
log.info({ port: app.port, challenges: app.content.catalogue.challenges.size }, "api listens");
onStop(
  log,
  () => watcher.close(),
  () => nightly.close(),
  () => app.close(),
);
