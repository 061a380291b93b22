import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { down } from "./down.ts";
import { endArena } from "./end-arena.ts";
import { Fault } from "./fault.ts";
import { place, root } from "./paths.ts";
import { owePuttingAway } from "./run.ts";
import { endTestHosts } from "./test-hosts.ts";
import { up, type UpOptions } from "./up.ts";

/** Benches by their script; each gets a fresh start of an own arena below .agon/bench. */
const benches: Record<string, { script: string; options?: UpOptions }> = {
  author: { script: "bench/src/author.ts" },
  content: { script: "bench/src/content.ts" },
  live: { script: "bench/src/live.ts" },
  search: { script: "bench/src/search.ts" },
  walls: { script: "bench/src/walls.ts" },
  // Machines wait in the pool of its arena, whose content is the bench's own.
  engine: {
    script: "bench/src/engine.ts",
    options: { pool: "2,2,1000", contentDir: join(root, "bench/content") },
  },
};

/** Places beside those that a bench needs: plays that are just being destroyed hold theirs. */
const SPARE = 5;

/** Runs one bench. Only its table or, with --json, one JSON object goes to stdout. @returns its exit code. */
export async function runBench([name = "", ...args]: string[]): Promise<number> {
  const bench = benches[name];
  if (!bench)
    throw new Fault(
      `Which bench? One of: ${Object.keys(benches).join(", ")}\n  ./agon bench author [--json]\n  ./agon bench content [--json]\n  ./agon bench engine [--json]\n  ./agon bench live [--plays N] [--json]\n  ./agon bench search [--items N] [--json]\n  ./agon bench walls [--samples N] [--json]`,
    );
  const at = args.indexOf("--plays");
  const plays = at < 0 ? 20 : Number(args[at + 1]);
  if (!Number.isInteger(plays) || plays < 1 || plays > 200)
    throw new Fault("--plays takes a number from 1 to 200");
  const here = place(join(root, ".agon/bench"), Number(process.env["AGON_PORT"] ?? 5000));
  using _ = owePuttingAway();
  await down(here);
  const hosts = join(here.dir, "hosts");
  rmSync(hosts, { recursive: true, force: true });
  mkdirSync(hosts, { recursive: true });
  let engine: string | undefined;
  try {
    // A bench of the catalogue fills a library of its own.
    const libraryDir = join(here.dir, "library");
    rmSync(libraryDir, { recursive: true, force: true });
    mkdirSync(libraryDir, { recursive: true });
    const arena = await up(here, {
      forTests: true,
      maxPlays: plays + SPARE,
      ...(name === "search" && { libraryDir }),
      ...bench.options,
    });
    engine = arena.engine.host;
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", join(root, bench.script), ...args],
        {
          stdio: "inherit",
          env: {
            ...process.env,
            AGON_ENDPOINT: arena.url,
            AGON_DIR: here.dir,
            AGON_ROOT: root,
            AGON_LIBRARY_DIR: libraryDir,
            DOCKER_HOST: arena.engine.host,
            AGON_BENCH_MICROVM: arena.microvm,
            AGON_BENCH_IMAGE: arena.images["debian-12"] ?? "",
            // What a host of its own is made of (packages/testing).
            AGON_TEST_IMAGES: JSON.stringify(arena.images),
            AGON_TEST_EXAMINER_DIR: arena.examiner,
            AGON_TEST_MICROVM: arena.microvm,
            AGON_TEST_DOCKER_HOST: arena.engine.host,
            AGON_TEST_HOSTS: hosts,
          },
        },
      );
      // Ctrl-C ends the bench, and then the arena that was started for it.
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.removeAllListeners(signal);
        process.on(signal, () => child.kill("SIGTERM"));
      }
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 143));
    });
  } finally {
    await endTestHosts(hosts, engine).catch(() => undefined);
    await endArena(here);
  }
}
