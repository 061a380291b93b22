import { accessSync, constants, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ArenaFile } from "./arena-file.ts";
import { dockerSettings, type Engine } from "./docker-engine.ts";
import { Fault } from "./fault.ts";
import { root, type Place } from "./paths.ts";
import type { Plan, Service } from "./service.ts";
import { imageTags, type Built } from "./set-up.ts";

/** What a service gets of this process's environment, and its own settings. */
export function base(env: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "LANG", "LOG_LEVEL", "TZ"])
    if (process.env[name]) kept[name] = process.env[name]!;
  return { ...kept, PATH: `${kept["PATH"]}:/usr/sbin:/sbin`, NODE_ENV: "production", ...env };
}

/**
 * What the operator says about machines' way out, from where files are fetched for them, and the room
 * that caches leave; hostd reads and checks it (docs/operating.md).
 */
function hostSettings(): Record<string, string> {
  const names = [
    ...["", "_DNS", "_EXCEPT", "_UPLINK", "_MBIT"].map((name) => `AGON_EGRESS${name}`),
    "AGON_SOURCES_EXCEPT",
    "AGON_FREE_GIB",
    "AGON_KVM_PROBE_SECONDS",
    "AGON_BOOT_SECONDS",
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}

/** The authorities that hostd trusts besides the well-known ones when it fetches from servers with TLS. @throws Fault when their file can't be read. */
function trustSettings(): Record<string, string> {
  const given = process.env["NODE_EXTRA_CA_CERTS"];
  if (!given) return {};
  const file = resolve(given);
  try {
    accessSync(file, constants.R_OK);
  } catch {
    // Node itself would go on without them.
    throw new Fault(
      `NODE_EXTRA_CA_CERTS names ${file}, which can't be read.\nName a file with certificates in PEM, or unset it.`,
    );
  }
  return { NODE_EXTRA_CA_CERTS: file };
}

/** Settings of plays that api and hostd check themselves. */
function playSettings(): Record<string, string> {
  const names = ["AGON_PLAY_MINUTES", "AGON_IDLE_MINUTES", "AGON_KEPT_PLAYS", "AGON_KEPT_HOURS"];
  return Object.fromEntries(
    [...names, "AGON_CHECKPOINTS"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Every service of an arena, with its settings; what is given by the environment is not among them. */
export function makePlan(
  place: Place,
  file: ArenaFile,
  built: Built,
  engine: Engine,
  folders: { challenges: string; library: string },
  maxPlays: number | undefined,
  pool: string | undefined,
): { plan: Plan; mongo: string; redis: string; url: string; apiEnv: Record<string, string> } {
  const port = (name: string) => file.ports[name]!;
  const mongo = process.env["MONGO_URL"] ?? `mongodb://127.0.0.1:${port("docstore")}/agon`;
  const redis = process.env["REDIS_URL"] ?? `redis://127.0.0.1:${port("redis")}`;
  const url = `http://127.0.0.1:${port("gateway")}`;
  const pki = join(place.dir, "pki");
  const node = (
    name: string,
    script: string,
    env: Record<string, string>,
    health: string,
    address: string,
    graceMs = 12_000,
  ): Service => ({
    name,
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", script],
    cwd: root,
    env: base({ AGON_ARENA_ID: file.id, ...env }),
    health,
    address,
    graceMs,
  });
  for (const folder of ["redis", "docstore", "hostd"])
    mkdirSync(join(place.dir, folder), { recursive: true });
  const apiEnv = {
    MONGO_URL: mongo,
    REDIS_URL: redis,
    AGON_PKI: pki,
    AGON_FIRST_HOST: JSON.stringify({ id: "host-1", token: file.hostToken }),
    AGON_CONTENT_DIR: folders.challenges,
    AGON_PLAYGROUNDS_DIR: join(root, "playgrounds"),
    AGON_LIBRARY_DIR: folders.library,
    AGON_SECRET: file.secret,
    AGON_PUBLIC_URL: process.env["AGON_PUBLIC_URL"] ?? url,
    AGON_NIGHTLY: process.env["AGON_NIGHTLY"] ?? "0 2 * * *",
    AGON_ROOT: root,
    AGON_ENDPOINT: url,
    AGON_ARTIFACTS: join(place.dir, "artifacts"),
    ...playSettings(),
  };
  // Browsers find every name below localhost on this computer. Elsewhere the operator has a name for it.
  const ports = {
    AGON_PORTS_URL: process.env["AGON_PORTS_URL"] ?? `http://*.localhost:${port("gateway")}`,
  };
  const services: Service[] = [];
  if (engine.own) {
    const run = `/run/agon-${file.id}-docker`;
    services.push({
      name: "docker",
      command: "dockerd",
      cwd: root,
      env: base({}),
      health: `unix:${run}/docker.sock`,
      address: "",
      graceMs: 20_000,
      args: [
        "--config-file",
        dockerSettings(place, built.backends),
        "--host",
        engine.host,
        "--data-root",
        join(place.dir, "docker"),
        "--exec-root",
        `${run}/exec`,
        "--pidfile",
        `${run}/docker.pid`,
        "--bridge=none",
        "--iptables=false",
      ],
    });
  }
  if (!process.env["MONGO_URL"])
    services.push({
      name: "docstore",
      command: "java",
      args: [
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-cp",
        `${built.docstore}/*`,
        "agon.DocStore",
        String(port("docstore")),
        join(place.dir, "docstore/agon.mv"),
      ],
      cwd: place.dir,
      env: base({}),
      health: `tcp://127.0.0.1:${port("docstore")}`,
      address: "",
      graceMs: 10_000,
    });
  if (!process.env["REDIS_URL"])
    services.push({
      name: "redis",
      command: "redis-server",
      args: [
        "--bind",
        "127.0.0.1",
        "--port",
        String(port("redis")),
        "--dir",
        join(place.dir, "redis"),
        "--appendonly",
        "yes",
        "--maxmemory-policy",
        "noeviction",
      ],
      cwd: place.dir,
      env: base({}),
      health: `tcp://127.0.0.1:${port("redis")}`,
      address: "",
      graceMs: 5_000,
    });
  services.push(
    node(
      "hostd",
      "hostd/src/main.ts",
      {
        AGON_STATE_DIR: join(place.dir, "hostd"),
        AGON_HOST_ID: "host-1",
        AGON_GRPC_PORT: String(port("hostd-grpc")),
        AGON_TERMINAL_PORT: String(port("hostd-terminal")),
        AGON_JOIN_URL: url,
        ...ports,
        AGON_JOIN_TOKEN: file.hostToken,
        AGON_IMAGES: JSON.stringify(imageTags(built)),
        AGON_BACKENDS: built.backends.join(","),
        AGON_EXAMINER_DIR: built.examiner,
        ...(built.microvm ? { AGON_MICROVM: built.microvm } : {}),
        ...(built.gvisor ? { AGON_GVISOR: built.gvisor } : {}),
        DOCKER_HOST: engine.host,
        ...(pool === undefined ? {} : { AGON_POOL: pool }),
        ...(maxPlays && { AGON_MAX_PLAYS: String(maxPlays) }),
        ...playSettings(),
        ...hostSettings(),
        ...trustSettings(),
      },
      `http://127.0.0.1:${port("hostd-terminal")}/health`,
      "",
    ),
    ...["api-1", "api-2"].map((name) =>
      node(
        name,
        "api/src/main.ts",
        { ...apiEnv, PORT: String(port(name)), AGON_API_ID: name },
        `http://127.0.0.1:${port(name)}/health`,
        "",
      ),
    ),
    {
      ...node(
        "arena",
        join(built.arena, "server/index.mjs"),
        {
          PORT: String(port("arena")),
          HOST: "127.0.0.1",
          NITRO_PORT: String(port("arena")),
          NITRO_HOST: "127.0.0.1",
          AGON_API_URL: url,
        },
        `tcp://127.0.0.1:${port("arena")}`,
        "",
      ),
      cwd: built.arena,
    },
    node(
      "gateway",
      "gateway/src/main.ts",
      {
        PORT: String(port("gateway")),
        AGON_API_URLS: `http://127.0.0.1:${port("api-1")},http://127.0.0.1:${port("api-2")}`,
        AGON_ARENA_URL: `http://127.0.0.1:${port("arena")}`,
        AGON_TERMINAL_URL: `http://127.0.0.1:${port("hostd-terminal")}`,
        ...ports,
      },
      `http://127.0.0.1:${port("gateway")}/health`,
      url,
    ),
  );
  return { plan: { services, logs: place.logs, run: place.run }, mongo, redis, url, apiEnv };
}
