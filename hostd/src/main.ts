import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Server } from "@grpc/grpc-js";
import { env, wholeNumber } from "@agon/daemon/env";
import { serviceLog } from "@agon/daemon/log";
import { onStop } from "@agon/daemon/stop";
import { HostService } from "@agon/protocol/host";
import { MachineCgroups } from "./cgroups.ts";
import { ContainerCgroups } from "./container-cgroups.ts";
import { systemdContainer } from "./container-kind.ts";
import { ContainerDriver } from "./container-driver.ts";
import { PlayEgress } from "./egress/play-egress.ts";
import { egressSettings } from "./egress/settings.ts";
import { dockerEngine } from "./docker.ts";
import { DiskWatch } from "./disk-watch.ts";
import { Drivers } from "./drivers.ts";
import { gvisorContainer, whyNoGvisor } from "./gvisor.ts";
import { hostService } from "./host-service.ts";
import { Journal } from "./journal.ts";
import { raiseKernelLimits } from "./kernel-limits.ts";
import { Membership } from "./membership.ts";
import type { Accelerator } from "./microvm/accelerator.ts";
import type { MicrovmArtefacts } from "./microvm/artefacts.ts";
import { MicrovmDriver } from "./microvm/microvm-driver.ts";
import { templateStats } from "./microvm/template-stats.ts";
import { poolPolicy } from "./microvm/pool-demand.ts";
import { hostPrefix } from "./names.ts";
import { ImageStore } from "./oci/image-store.ts";
import { PlayNetworks } from "./network.ts";
import { PortProxy } from "./ports/port-proxy.ts";
import { PortsAddress } from "./ports/ports-address.ts";
import { PlayRegistries } from "./play-registry/registries.ts";
import { Plays } from "./plays.ts";
import { fetchRules } from "./sources/fetch-rules.ts";
import { Slots } from "./slots.ts";
import { TerminalServer } from "./terminal-server.ts";
import { hostCredentials } from "./tls.ts";
import { tellInFile } from "./told-file.ts";

const log = serviceLog("hostd");
const folder = resolve(env("AGON_STATE_DIR"));
const host = env("AGON_HOST_ID");
mkdirSync(folder, { recursive: true, mode: 0o700 });
// Certificates by configuration, or a membership that began with a one-time token.
const given = process.env["AGON_PKI"];
const membership = given ? undefined : new Membership(folder, host, env("AGON_JOIN_URL"), log);
const arena =
  (await membership?.join(process.env["AGON_JOIN_TOKEN"] ?? "")) ?? env("AGON_ARENA_ID");

raiseKernelLimits(log);
const socketFolder = `/run/${hostPrefix(arena, host)}`;
// What all machines of a play share, of whatever backend they are.
const egress = new PlayEgress(hostPrefix(arena, host), egressSettings(process.env), log);
const cgroups = new MachineCgroups(hostPrefix(arena, host));
const registries = await PlayRegistries.open(
  {
    folder,
    prefix: hostPrefix(arena, host),
    cgroups,
    maxBytes: wholeNumber("AGON_REGISTRY_BYTES", 0, 0, 2 ** 40),
  },
  log,
);
const networks = new PlayNetworks(
  hostPrefix(arena, host),
  egress,
  async ({ play, registryAuth }, space) => {
    await registries?.begin(play, registryAuth, space).catch((error: unknown) => {
      log.error({ err: error, play }, "a play has no registry");
    });
  },
);
const docker = dockerEngine();
const containerCgroups = new ContainerCgroups(
  docker,
  hostPrefix(arena, host),
  socketFolder,
  cgroups,
);
const store = new ImageStore(docker, folder, { "agon.arena": arena, "agon.host": host }, log);
const containerOptions = {
  arena,
  host,
  networks,
  cgroups: containerCgroups,
  store,
  images: JSON.parse(env("AGON_IMAGES")) as Record<string, string>,
  examinerDir: resolve(env("AGON_EXAMINER_DIR")),
};
const containers = new ContainerDriver(docker, log, systemdContainer, containerOptions);
const artefacts = env("AGON_MICROVM", "null");
const microvms =
  artefacts === "null"
    ? undefined
    : new MicrovmDriver(log, {
        arena,
        host,
        networks,
        cgroups,
        store,
        artefacts: JSON.parse(artefacts) as MicrovmArtefacts,
        folder,
        runFolder: socketFolder,
        pool: poolPolicy(env("AGON_POOL", "1,4,4")),
        bootMs: 1_000 * wholeNumber("AGON_BOOT_SECONDS", 60, 5, 900),
        open: () => !plays.draining,
      });
// The first is for machines that ask for none.
const wanted = env("AGON_BACKENDS", "container,microvm,gvisor").split(",");
const gvisor = gvisorContainer(env("AGON_GVISOR", ""));
const noGvisor = wanted.includes(gvisor.backend) ? await whyNoGvisor(docker) : "";
if (noGvisor) log.info({ why: noGvisor }, "no backend gvisor");
const gvisors =
  noGvisor === undefined ? [new ContainerDriver(docker, log, gvisor, containerOptions)] : [];
const [first, ...others] = [containers, ...(microvms ? [microvms] : []), ...gvisors]
  .filter(({ backend }) => wanted.includes(backend))
  .sort((a, b) => wanted.indexOf(a.backend) - wanted.indexOf(b.backend));
if (!first) throw new Error(`AGON_BACKENDS: this host has none of ${wanted.join(", ")}`);
const drivers = new Drivers(
  {
    networks,
    registries,
    // A host without containers needs no Docker: what asks it is left out.
    groups: [first, ...others].some((driver) => driver !== microvms)
      ? [containerCgroups, cgroups]
      : [cgroups],
    log,
  },
  first,
  ...others,
);
let accelerator: Accelerator | undefined;
const journal = await Journal.open(folder);
const plays = new Plays(
  {
    drivers,
    journal,
    log,
    folder: join(folder, "plays"),
    registry: registries?.certificates,
    socketFolder,
    sources: fetchRules(process.env),
    checkpoints: wholeNumber("AGON_CHECKPOINTS", 3, 0, 10),
  },
  wholeNumber("AGON_MAX_PLAYS", 20, 1, 1_000),
);
await plays.restore();
const slots = new Slots();
const portsUrl = process.env["AGON_PORTS_URL"];
const ports = portsUrl ? new PortProxy(plays, new PortsAddress(portsUrl)) : undefined;

const grpc = new Server({
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
  "grpc.keepalive_time_ms": 10_000,
});
grpc.addService(
  HostService,
  hostService({
    host,
    folder,
    drivers,
    microvms,
    accelerator: () => accelerator,
    journal,
    plays,
    slots,
    ports,
    log,
  }),
);
const address = env("AGON_LISTEN", "127.0.0.1");
const grpcPort = await new Promise<number>((done, failed) =>
  grpc.bindAsync(
    `${address}:${env("AGON_GRPC_PORT")}`,
    hostCredentials(given ?? membership?.pki ?? ""),
    (error, port) => (error ? failed(error) : done(port)),
  ),
);
const terminals = new TerminalServer(plays, slots, ports, () => membership?.announced ?? true);
const terminalPort = await terminals.listen(Number(env("AGON_TERMINAL_PORT")), address);
const disks = new DiskWatch(drivers, plays, log);
membership?.announce({
  grpc: env("AGON_PUBLIC_GRPC", `${address}:${grpcPort}`),
  terminal: process.env["AGON_PUBLIC_TERMINAL"] ?? "",
});
log.info({ grpcPort, terminalPort, plays: plays.size, epoch: journal.epoch }, "hostd is ready");

// For ./agon status.
tellInFile(folder, "reboots.json", () => plays.reboots, log);

// Minutes on a slow computer: plays on containers do not wait for it, those on microVMs ask for it.
void microvms
  ?.warmUp((found) => {
    accelerator = found;
    const state = async () => ({
      ...found,
      templates: templateStats(await microvms.figures()),
    });
    tellInFile(folder, "microvm.json", state, log);
  })
  .catch((error: unknown) => log.error({ err: error }, "microVMs can't be made ready"));

onStop(
  log,
  () => membership?.close(),
  () => disks.close(),
  () => registries?.close(),
  () => grpc.forceShutdown(),
  () => plays.stop(),
  () => microvms?.close(),
  () => terminals.close(),
  () => journal.close(),
);
