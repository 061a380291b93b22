import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { down } from "./down.ts";
import { endArena } from "./end-arena.ts";
import { Fault } from "./fault.ts";
import { cache, place, root } from "./paths.ts";
import { freePort } from "./ports.ts";
import { owePuttingAway, run } from "./run.ts";
import { setUp } from "./set-up.ts";
import { TemporaryFolder } from "./temporary.ts";
import { endTestHosts } from "./test-hosts.ts";
import { up, type Arena } from "./up.ts";

interface Part {
  name: string;
  command: string[];
  cwd: string;
  needsArena: boolean;
  vitest: boolean;
  /** Left out of a run of all parts: it takes minutes and proves what other computers need. */
  byName?: boolean;
}

/** A command that the npm packages bring. */
const bin = (name: string) => join(root, "node_modules/.bin", name);

const vitest = (name: string, room: string, needsArena: boolean): Part => ({
  name,
  command: [bin("vitest"), "run"],
  cwd: join(root, room),
  needsArena,
  vitest: true,
});

/**
 * Played on virtual machines as well: one machine, two machines, a reboot, drives, a router,
 * control groups and Docker.
 * Emulated ones are slow, so the other variants and challenges there are left to
 * `./agon bots run --backend all`.
 */
const ON_MICROVMS = [
  "rescue-the-web-server",
  "two-sides-of-a-link",
  "after-the-reboot",
  "half-empty-and-full",
  "gate-between-networks",
  "limits-by-hand",
  "container-that-forgets",
  // These need a microVM: no other run plays them.
  "tutorial/script-to-service",
  "course/networks-from-the-wire-up/beyond/routes",
];

const bots = (name: string, args: string[]): Part => ({
  name,
  command: [
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    "bots/src/main.ts",
    "run",
    ...args,
    "--junit",
    `.agon/test/reports/${name}.xml`,
  ],
  cwd: root,
  needsArena: true,
  vitest: false,
});

const parts: Part[] = [
  {
    name: "format",
    command: [bin("oxfmt"), "--check", "."],
    cwd: root,
    needsArena: false,
    vitest: false,
  },
  {
    name: "lint",
    command: [bin("oxlint"), "--deny-warnings"],
    cwd: root,
    needsArena: false,
    vitest: false,
  },
  {
    name: "check",
    command: [bin("turbo"), "check", "--output-logs=errors-only"],
    cwd: root,
    needsArena: false,
    vitest: false,
  },
  vitest("content", "packages/content", false),
  vitest("examiner", "examiner", false),
  vitest("front-door", "front-door", false),
  vitest("bots-unit", "bots", false),
  vitest("bench-unit", "bench", false),
  vitest("cli", "cli", true),
  vitest("arena", "arena", false),
  vitest("api", "api", true),
  vitest("hostd", "hostd", true),
  vitest("e2e", "e2e", true),
  {
    name: "kvm",
    command: [bin("vitest"), "run", "--config", "vitest.kvm.config.ts"],
    cwd: join(root, "hostd"),
    needsArena: false,
    vitest: true,
    byName: true,
  },
  bots("bots", ["--backend", "container"]),
  bots("bots-microvm", ["--backend", "microvm", "--variant", "solution", ...ON_MICROVMS]),
];

/** Sets everything up and runs all tests (or `--only NAME`, or of it `--file PATTERN`), on an own arena below .agon/test; `--update` renews what its files compare with. Prints `N passed, N failed`. */
export async function runTests(args: string[]): Promise<number> {
  const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : undefined;
  const chosen = parts.filter((part) => (only === undefined ? !part.byName : part.name === only));
  if (chosen.length === 0)
    throw new Fault(`--only takes one of: ${parts.map((part) => part.name).join(", ")}`);
  const file = args.includes("--file") ? args[args.indexOf("--file") + 1]! : undefined;
  if (file && !(chosen.length === 1 && chosen[0]!.vitest))
    throw new Fault("--file takes a part of an --only PART with test files");
  const update = args.includes("--update");
  if (update && !(chosen.length === 1 && chosen[0]!.vitest))
    throw new Fault("--update renews the references of an --only PART with test files");
  const here = place(join(root, ".agon/test"), Number(process.env["AGON_PORT"] ?? 4000));
  const reports = join(here.dir, "reports");
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  // Of the last run's failures (e2e/src/failure-pictures.ts).
  rmSync(join(here.dir, "pictures"), { recursive: true, force: true });
  const begun = performance.now();
  const built = await setUp(true);
  using _ = owePuttingAway();
  using temporary = TemporaryFolder.make(here.dir);
  const hosts = join(temporary.path, "hosts");
  mkdirSync(hosts);
  const needsArena = chosen.some((part) => part.needsArena);
  let arena: Arena | undefined;
  const contentDir = join(here.dir, "challenges");
  const libraryDir = join(here.dir, "content");
  // The tests of api empty their Redis, so it is not the arena's.
  const redisPort = await freePort("redis of the tests", here.portBase + 150, new Set());
  const redis = spawn(
    "redis-server",
    ["--port", String(redisPort), "--bind", "127.0.0.1", "--save", "", "--dir", here.dir],
    { stdio: "ignore" },
  );
  const totals = { passed: 0, failed: 0 };
  const failures: string[] = [];
  try {
    if (needsArena) {
      rmSync(contentDir, { recursive: true, force: true });
      await run("cp", ["-a", join(root, "challenges"), contentDir]);
      rmSync(libraryDir, { recursive: true, force: true });
      if (existsSync(join(root, "content")))
        await run("cp", ["-a", join(root, "content"), libraryDir]);
      else mkdirSync(libraryDir);
      await down(here);
      arena = await up(here, { forTests: true, contentDir, libraryDir });
    }
    const runPart = async (part: Part, show: boolean): Promise<void> => {
      const from = performance.now();
      if (show) console.log(`── ${part.name}`);
      const report = join(reports, `${part.name}.json`);
      const env: NodeJS.ProcessEnv = {
        ...process.env,
        CI: "true",
        TMPDIR: temporary.path,
        AGON_TEST_HOSTS: hosts,
        AGON_TEST_EXAMINER_DIR: built.examiner,
        AGON_TEST_MICROVM: built.microvm,
        TURBO_TELEMETRY_DISABLED: "1",
        TURBO_CACHE_DIR: join(cache, "turbo"),
        ...(arena && part.needsArena ? arenaEnv(part, arena) : {}),
        ...(update ? { AGON_TEST_UPDATE: "1" } : {}),
      };
      const command = part.vitest
        ? [
            ...part.command,
            ...(file ? [file] : []),
            ...(update ? ["--update"] : []),
            "--reporter=default",
            "--reporter=json",
            `--reporter=${join(root, "packages/testing/src/first-tries.ts")}`,
            `--outputFile.json=${report}`,
          ]
        : part.command;
      const { code, stdout, stderr } = await run(command[0]!, command.slice(1), {
        cwd: part.cwd,
        env,
        show,
      });
      if (!show) process.stdout.write(`── ${part.name}\n${stdout}${stderr}`);
      const seconds = ((performance.now() - from) / 1000).toFixed(1);
      const counted =
        part.vitest && existsSync(report)
          ? (JSON.parse(readFileSync(report, "utf8")) as {
              numPassedTests: number;
              numFailedTests: number;
            })
          : undefined;
      totals.passed += counted ? counted.numPassedTests : code === 0 ? 1 : 0;
      totals.failed += counted
        ? counted.numFailedTests + (code !== 0 && counted.numFailedTests === 0 ? 1 : 0)
        : code === 0
          ? 0
          : 1;
      console.log(`── ${part.name}: ${code === 0 ? "passed" : "FAILED"} in ${seconds} s`);
      if (code !== 0) failures.push(part.name);
    };
    const arenaEnv = (part: Part, it: Arena): Record<string, string> => ({
      AGON_TEST_MONGO_URL: it.mongo.replace(/\/agon$/, ""),
      AGON_TEST_REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      AGON_TEST_DOCKER_HOST: it.engine.host,
      DOCKER_HOST: it.engine.host,
      AGON_TEST_IMAGES: JSON.stringify(it.images),
      AGON_TEST_GVISOR: built.gvisor,
      AGON_ENDPOINT: it.url,
      AGON_API_KEY: it.botKey,
      AGON_DIR: here.dir,
      // Bots prove what is shipped, not what a test of the browser published.
      AGON_CONTENT_DIR: part.name.startsWith("bots") ? join(root, "challenges") : contentDir,
      AGON_LIBRARY_DIR: part.name.startsWith("bots") ? join(root, "content") : libraryDir,
      AGON_ARTIFACTS: join(here.dir, "artifacts"),
      AGON_OPERATOR_URL: it.signInUrl,
    });
    // Bots and plays of api's tests mostly wait, so other parts run beside them; e2e kills services and is alone.
    const beside = chosen.filter(({ name }) => ["api", "bots", "bots-microvm"].includes(name));
    const alone = chosen.filter((part) => part.name === "e2e");
    const others = chosen.filter((part) => !beside.includes(part) && !alone.includes(part));
    // A user has one play of a challenge at a time, so the bots of one driver wait for those of the other.
    const inTurn = async (turn: Part[]) => {
      for (const part of turn) await runPart(part, others.length === 0);
    };
    const side = Promise.all([
      inTurn(beside.filter(({ name }) => name === "api")),
      inTurn(beside.filter(({ name }) => name !== "api")),
    ]);
    // Where the others fail first, after Ctrl-C, nobody waits for it.
    side.catch(() => {});
    for (const part of others) await runPart(part, true);
    await side;
    for (const part of alone) await runPart(part, true);
  } finally {
    redis.kill();
    const running = await endTestHosts(hosts, arena?.engine.host).catch((error: unknown) => [
      String(error),
    ]);
    if (running.length) console.log(`· ended hosts that tests had left: ${running.join(", ")}`);
    if (needsArena && !args.includes("--keep")) await endArena(here);
  }
  if (failures.length) console.log(`FAILED: ${failures.join(", ")}`);
  console.log(`All of it took ${((performance.now() - begun) / 1000).toFixed(0)} s.`);
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return failures.length ? 1 : 0;
}
