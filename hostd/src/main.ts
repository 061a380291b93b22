import { mkdirSync } from "node:fs";
import { env } from "@agon/daemon/env";
import { serviceLog } from "@agon/daemon/log";
import { onStop } from "@agon/daemon/stop";
import Docker from "dockerode";
import { ContainerDriver } from "./container-driver.ts";
import { serveHost } from "./host-service.ts";
import { Journal } from "./journal.ts";
import { Plays } from "./plays.ts";
import { Slots } from "./slots.ts";
import { serveTerminals } from "./terminal-server.ts";

const log = serviceLog("hostd");
const arena = env("AGON_ARENA_ID");
const host = env("AGON_HOST_ID");
const stateFolder = env("AGON_STATE_DIR");
const images = JSON.parse(env("AGON_IMAGES")) as Record<string, string>;
// A path short enough for a socket address (107 bytes).
const sockets = `/run/agon-${arena}/${host}`;
mkdirSync(sockets, { recursive: true, mode: 0o700 });
const socketPath = env("DOCKER_HOST", "unix:///var/run/docker.sock");
const docker = socketPath.startsWith("unix://")
  ? new Docker({ socketPath: socketPath.slice(7) })
  : new Docker();
const driver = new ContainerDriver({
  docker,
  arena,
  host,
  images,
  examinerFolder: env("AGON_EXAMINER_DIR"),
});
const journal = new Journal(stateFolder);
const plays = new Plays({ stateFolder, sockets, driver, journal, log });
const slots = new Slots();
// The engine may start beside us.
for (let attempt = 0; ; attempt++) {
  try {
    await docker.ping();
    break;
  } catch (error) {
    if (attempt > 240) throw error;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
await plays.recover();
const grpc = await serveHost({
  port: Number(env("AGON_GRPC_PORT")),
  pki: env("AGON_PKI"),
  host,
  images: Object.keys(images),
  plays,
  journal,
  slots,
  log,
});
const web = serveTerminals(Number(env("AGON_TERMINAL_PORT")), plays, slots, log);
log.info({ host, plays: plays.size }, "ready");
onStop(
  log,
  () => plays.leave(),
  () => grpc.forceShutdown(),
  () => web.closeAllConnections(),
  () => web.close(),
);
