import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { arenaFile, writeWhole, type ArenaFile } from "./arena-file.ts";
import { artefact, digestOf } from "./artefact.ts";
import { wantedBackends } from "./backends.ts";
import { chooseEngine, dockerSettings, ensureImage, type Engine } from "./docker-engine.ts";
import { down } from "./down.ts";
import { Fault } from "./fault.ts";
import { healthy } from "./health.ts";
import { machineImages, type MachineImage } from "./images.ts";
import { installPackages } from "./packages.ts";
import { microvmArtefacts } from "./microvm.ts";
import { cache, root, type Place } from "./paths.ts";
import { ensurePki } from "./pki.ts";
import { must } from "./run.ts";
import type { Plan, Service } from "./service.ts";
import { takeLock } from "./lock.ts";
import { lives, readPlan, readState } from "./state.ts";
import { step } from "./step.ts";

/** A running arena, as `up` and the tests need it. */
export interface Arena {
  place: Place;
  file: ArenaFile;
  plan: Plan;
  url: string;
  signInUrl: string;
  botKey: string;
  operatorKey: string;
  mongo: string;
  redis: string;
  engine: Engine;
  /** Images for containers: name to tag in Docker. */
  images: Record<string, string>;
  examiner: string;
  /** AGON_MICROVM of hostd; empty = none. */
  microvm: string;
}

/** Installs what package-lock.json says, unless that was done. */
export async function npmPackages(): Promise<void> {
  const digest = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const mark = join(root, "node_modules/.agon-lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return;
  await step("installing npm packages", async () => {
    const ci = () =>
      must("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: root });
    // What an interrupted run left can be in npm's way (ENOTEMPTY): once more from nothing.
    await ci().catch((error: unknown) => {
      if (!existsSync(join(root, "node_modules"))) throw error;
      rmSync(join(root, "node_modules"), { recursive: true, force: true, maxRetries: 5 });
      return ci();
    });
  });
  writeFileSync(mark, digest);
}

/** Installs, builds and caches everything that a start needs; touches no running service. */
export async function setUp(forTests: boolean): Promise<{
  docstore: string;
  examiner: string;
  images: MachineImage[];
  arena: string;
  /** AGON_MICROVM of hostd; empty = containers only. */
  microvm: string;
  /** The host's default first. */
  backends: string[];
}> {
  await installPackages(forTests);
  await npmPackages();
  const docstore = process.env["MONGO_URL"]
    ? ""
    : await artefact(
        "docstore",
        digestOf(root, [
          "packages/docstore/java",
          "packages/docstore/pom.xml",
          "packages/docstore/build.sh",
        ]),
        (out) => must("sh", ["packages/docstore/build.sh", out], { cwd: root }),
      );
  const examiner = await artefact(
    "examiner",
    digestOf(
      root,
      ["examiner/src", "examiner/build.ts", "examiner/package.json", "packages/protocol/src"],
      process.version,
    ),
    (out) => must(process.execPath, ["examiner/build.ts", out], { cwd: root }),
  );
  const backends = wantedBackends(forTests);
  const images = await machineImages(backends, forTests);
  const arena = await artefact(
    "arena",
    digestOf(root, ["arena", "packages/content/src", "package-lock.json"]),
    async (out) => {
      await must("npm", ["run", "build", "-w", "arena"], { cwd: root });
      await must("cp", ["-a", "arena/.output", out], { cwd: root });
    },
  );
  const microvm = backends.includes("microvm") ? await microvmArtefacts(examiner, images) : "";
  return { docstore, examiner, images, arena, microvm, backends };
}

type Built = Awaited<ReturnType<typeof setUp>>;

/** Images for containers, with their names in Docker. */
function containerImages(built: Built): { name: string; tag: string; rootfs: string }[] {
  if (!built.backends.some((backend) => backend !== "microvm")) return [];
  return built.images.flatMap(({ name, tag, rootfs }) => (tag ? [{ name, tag, rootfs }] : []));
}

function imageTags(built: Built): Record<string, string> {
  return Object.fromEntries(containerImages(built).map(({ name, tag }) => [name, tag]));
}

async function loadImages(engine: Engine, built: Built): Promise<void> {
  for (const { tag, rootfs } of containerImages(built)) await ensureImage(engine.host, tag, rootfs);
}

function base(env: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "LANG", "LOG_LEVEL", "TZ"])
    if (process.env[name]) kept[name] = process.env[name]!;
  return { ...kept, PATH: `${kept["PATH"]}:/usr/sbin:/sbin`, NODE_ENV: "production", ...env };
}

/** What the operator says about machines' way out; hostd reads and checks it (docs/operating.md). */
function egressSettings(): Record<string, string> {
  const names = ["", "_DNS", "_EXCEPT", "_UPLINK", "_MBIT"].map((name) => `AGON_EGRESS${name}`);
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
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

function makePlan(
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
        AGON_JOIN_TOKEN: file.hostToken,
        AGON_IMAGES: JSON.stringify(imageTags(built)),
        AGON_BACKENDS: built.backends.join(","),
        AGON_EXAMINER_DIR: built.examiner,
        ...(built.microvm ? { AGON_MICROVM: built.microvm } : {}),
        DOCKER_HOST: engine.host,
        ...(pool === undefined ? {} : { AGON_POOL: pool }),
        ...(maxPlays && { AGON_MAX_PLAYS: String(maxPlays) }),
        ...playSettings(),
        ...egressSettings(),
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
      },
      `http://127.0.0.1:${port("gateway")}/health`,
      url,
    ),
  );
  return { plan: { services, logs: place.logs, run: place.run }, mongo, redis, url, apiEnv };
}

async function waitHealthy(service: Service, logs: string, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!(await healthy(service))) {
    if (Date.now() > until) {
      const log = join(logs, `${service.name}.log`);
      const tail = existsSync(log) ? readFileSync(log, "utf8").slice(-1500) : "(no log)";
      throw new Fault(
        `${service.name} did not become healthy within ${seconds} s. The end of ${log}:\n${tail}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Brings the whole arena up: sets up, starts every service, waits until each is healthy.
 * Idempotent: when the plan is the same and everything lives, it changes nothing.
 */
export async function up(place: Place, options: UpOptions = {}): Promise<Arena> {
  const release = takeLock(join(place.run, "up.lock"));
  try {
    return await bringUp(place, options);
  } finally {
    release();
  }
}

export interface UpOptions {
  forTests?: boolean;
  contentDir?: string;
  /** Content of all kinds but challenges; content/ when nothing is said. */
  libraryDir?: string;
  maxPlays?: number;
  /** AGON_POOL of hostd. */
  pool?: string;
}

async function bringUp(place: Place, options: UpOptions): Promise<Arena> {
  const built = await setUp(options.forTests ?? false);
  if (process.getuid?.() !== 0)
    throw new Fault("hostd makes network namespaces and needs root.\nRun: sudo ./agon up");
  const before = readState(place);
  const living = before !== undefined && lives(before.supervisor);
  const file = await arenaFile(place, living);
  await ensurePki(join(place.dir, "pki"));
  const oldPlan = readPlan(place);
  const ownEngine = oldPlan?.services.some((service) => service.name === "docker") ?? false;
  const engine =
    living && ownEngine
      ? { host: `unix:///run/agon-${file.id}-docker/docker.sock`, own: true }
      : await chooseEngine(place, file.id);
  if (engine.own) mkdirSync(`/run/agon-${file.id}-docker`, { recursive: true });
  const { plan, mongo, redis, url, apiEnv } = makePlan(
    place,
    file,
    built,
    engine,
    {
      challenges: options.contentDir ?? join(root, "challenges"),
      library: options.libraryDir ?? join(root, "content"),
    },
    options.maxPlays,
    // Tests want to see every machine made, and the computer for themselves.
    options.pool ?? (options.forTests ? "0" : process.env["AGON_POOL"]),
  );
  const code = digestOf(root, [
    "api/src",
    "hostd/src",
    "gateway/src",
    "bots/src",
    "packages",
    "api/schema.graphql",
  ]);
  const text = JSON.stringify({ ...plan, code });
  const planFile = join(place.run, "plan.json");
  const same = existsSync(planFile) && readFileSync(planFile, "utf8") === text;
  if (!living || !same) {
    if (before) await down(place);
    if (!engine.own) await step("loading machine images", () => loadImages(engine, built));
    writeWhole(planFile, text);
    const log = openSync(join(place.logs, "supervisor.log"), "a");
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        join(import.meta.dirname, "supervisor.ts"),
        planFile,
      ],
      { detached: true, stdio: ["ignore", log, log] },
    );
    child.unref();
  }
  await step("waiting for the services", async () => {
    for (const service of plan.services) {
      await waitHealthy(service, place.logs, 120);
      if (service.name === "docker") await loadImages(engine, built);
    }
  });
  const made = JSON.parse(
    (
      await must(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", "api/src/bootstrap.ts"],
        { cwd: root, env: base({ AGON_ARENA_ID: file.id, ...apiEnv }) },
      )
    )
      .trim()
      .split("\n")
      .at(-1)!,
  ) as { signInUrl: string; botKey: string; operatorKey: string };
  writeWhole(join(place.dir, "bot-key"), made.botKey);
  writeWhole(join(place.dir, "operator-key"), made.operatorKey);
  return {
    place,
    file,
    plan,
    url,
    signInUrl: made.signInUrl,
    botKey: made.botKey,
    operatorKey: made.operatorKey,
    mongo,
    redis,
    engine,
    images: imageTags(built),
    examiner: built.examiner,
    microvm: built.microvm,
  };
}

/** The cache's folder, for messages. */
export const cacheFolder = cache;
