import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { arenaFile, writeWhole, type ArenaFile } from "./arena-file.ts";
import { digestOf } from "./artefact.ts";
import { chooseEngine, ensureImage, type Engine } from "./docker-engine.ts";
import { down } from "./down.ts";
import { Fault } from "./fault.ts";
import { healthy } from "./health.ts";
import { root, type Place } from "./paths.ts";
import { ensurePki } from "./pki.ts";
import { base, makePlan } from "./plan.ts";
import { must, refuseWhenInterrupted } from "./run.ts";
import type { Plan, Service } from "./service.ts";
import { containerImages, imageTags, setUp, type Built } from "./set-up.ts";
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

async function loadImages(engine: Engine, built: Built): Promise<void> {
  for (const { tag, rootfs } of containerImages(built)) await ensureImage(engine.host, tag, rootfs);
}

async function waitHealthy(service: Service, logs: string, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (!(await healthy(service))) {
    refuseWhenInterrupted();
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
