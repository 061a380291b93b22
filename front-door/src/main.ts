import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { join } from "node:path";
import { readArenaFile } from "./arena-file.ts";
import { author, content } from "./author.ts";
import { checkCommandLine, overview } from "./command-line.ts";
import { scarceDisk } from "./disk-words.ts";
import { down } from "./down.ts";
import { Fault } from "./fault.ts";
import { healthy } from "./health.ts";
import { hosts } from "./hosts.ts";
import { images } from "./images-command.ts";
import { place, root } from "./paths.ts";
import { endWithChildren, endingWith } from "./run.ts";
import { rebootWords, type Reboots } from "./reboot-state.ts";
import { removeContainers, removeRemains } from "./remains.ts";
import { runBench } from "./run-bench.ts";
import { runTests } from "./run-tests.ts";
import { lives, readPlan, readState } from "./state.ts";
import { microvmWords, type MicrovmState } from "./microvm-state.ts";
import { table } from "./table.ts";
import { up } from "./up.ts";
import { users } from "./users.ts";

async function status(json: boolean): Promise<void> {
  const here = place();
  const state = readState(here);
  const plan = readPlan(here);
  const rows = [];
  for (const service of plan?.services ?? []) {
    const known = state?.services.find((one) => one.name === service.name);
    const alive = known !== undefined && lives(known.pid);
    rows.push({
      service: service.name,
      state: !alive ? "stopped" : (await healthy(service)) ? "healthy" : "starting",
      pid: alive ? known.pid : null,
      restarts: known?.restarts ?? 0,
      address: service.address,
    });
  }
  // hostd writes it once a probe boot told.
  const told = join(here.dir, "hostd/microvm.json");
  const microvm = existsSync(told)
    ? (JSON.parse(readFileSync(told, "utf8")) as MicrovmState)
    : undefined;
  // Of machines that run, so of a hostd that does.
  const known = join(here.dir, "hostd/reboots.json");
  const hostd = rows.some(({ service, state: now }) => service === "hostd" && now !== "stopped");
  const reboots =
    hostd && existsSync(known) ? (JSON.parse(readFileSync(known, "utf8")) as Reboots[]) : [];
  if (json) console.log(JSON.stringify({ services: rows, microvm: microvm ?? null, reboots }));
  else if (rows.length === 0) console.log("Nothing was started here. Run ./agon up");
  else
    console.log(
      table([
        ["SERVICE", "STATE", "PID", "ADDRESS"],
        ...rows.map((row) => [row.service, row.state, String(row.pid ?? "-"), row.address]),
      ]),
    );
  if (!json && microvm && rows.length) console.log(`\n${microvmWords(microvm)}`);
  if (!json && reboots.length) console.log(`\n${rebootWords(reboots)}`);
  const scarce = rows.length && scarceDisk(here.dir);
  if (!json && scarce) console.log(`\n${scarce}`);
}

async function reset(yes: boolean): Promise<void> {
  const here = place();
  if (!yes) {
    if (!process.stdin.isTTY)
      throw new Fault(
        "reset deletes this arena's users, plays and boards. Confirm with: ./agon reset --yes",
      );
    const prompt = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await prompt.question(
      `Delete everything in ${here.dir}: users, plays, boards? Type yes: `,
    );
    prompt.close();
    if (answer.trim() !== "yes") throw new Fault("Nothing was deleted.");
  }
  const id = readArenaFile(here)?.id;
  const engine = readPlan(here)?.services.find((service) => service.name === "hostd")?.env[
    "DOCKER_HOST"
  ];
  await down(here);
  if (id && engine) {
    await removeContainers(id, engine);
    await removeRemains(id);
  }
  for (const name of [
    "arena.json",
    "pki",
    "redis",
    "docstore",
    "hostd",
    "docker",
    "run",
    "bot-key",
    "operator-key",
    "artifacts",
  ])
    rmSync(join(here.dir, name), { recursive: true, force: true });
  console.log("Deleted. ./agon up makes a new arena.");
}

/** Runs a script of another room against this arena, with its endpoint in the environment. */
function delegate(script: string, args: string[]): Promise<number> {
  const here = place();
  const plan = readPlan(here);
  const gateway = plan?.services.find((service) => service.name === "gateway");
  const api = plan?.services.find((service) => service.name === "api-1");
  if (!gateway || !api) throw new Fault("No arena runs here. Run ./agon up first.");
  const key = join(here.dir, "bot-key");
  const bots = script.startsWith("bots/");
  if (bots && !existsSync(key) && !process.env["AGON_API_KEY"])
    throw new Fault("The last ./agon up did not finish. Run it again first.");
  // Bots are ordinary clients: they get an endpoint and a key, nothing of the stores.
  const env = bots
    ? {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        AGON_ENDPOINT: gateway.address,
        AGON_API_KEY:
          process.env["AGON_API_KEY"] ?? (existsSync(key) ? readFileSync(key, "utf8") : ""),
        AGON_ARTIFACTS: join(here.dir, "artifacts"),
      }
    : api.env;
  return new Promise((resolve) => {
    spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(root, script), ...args],
      { stdio: "inherit", env },
    ).on("close", (code) => resolve(code ?? 128));
  });
}

async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  const asked = checkCommandLine(process.argv.slice(2));
  if (asked !== undefined) {
    console.log(asked);
    return 0;
  }
  switch (command) {
    case "up": {
      const arena = await up(place());
      const rows = arena.plan.services.map((service) => [
        service.name,
        service.address || service.health.replace(/\/health$/, ""),
        "healthy",
      ]);
      console.log(
        `\n${table([["SERVICE", "ADDRESS", "STATE"], ...rows])}\n\nOpen ${arena.url}\nSign in as operator, once: ${arena.signInUrl}`,
      );
      const scarce = scarceDisk(arena.place.dir);
      if (scarce) console.error(`\n${scarce}`);
      return 0;
    }
    case "down":
      if (!(await down(place()))) console.log("Nothing runs here.");
      else
        console.log(
          "Machines of plays that were on are kept: ./agon up finds them again, ./agon reset removes them.",
        );
      return 0;
    case "status":
      await status(args.includes("--json"));
      return 0;
    case "logs": {
      const file = join(place().logs, `${args[0] ?? ""}.log`);
      if (!args[0] || !existsSync(file))
        throw new Fault(
          `Which service? One of: ${
            readPlan(place())
              ?.services.map((service) => service.name)
              .join(", ") ?? "none, run ./agon up"
          }`,
        );
      return new Promise((resolve) =>
        spawn("tail", ["-n", "200", "-F", file], { stdio: "inherit" }).on("close", (code) =>
          resolve(code ?? 0),
        ),
      );
    }
    case "reset":
      await reset(args.includes("--yes"));
      return 0;
    case "test":
      return runTests(args);
    case "bots":
      return delegate("bots/src/main.ts", args);
    case "content":
      return content(args);
    case "dev":
    case "playground":
    case "task":
      return author([command, ...args]);
    case "images":
      return images(args);
    case "hosts":
      return hosts(args);
    case "users":
      return users(args);
    case "bench":
      return runBench(args);
    case "trace":
      return delegate("api/src/trace-command.ts", args);
    case "boards":
      return delegate("api/src/boards-rebuild.ts", args.slice(1));
    default:
      if (command === undefined || ["help", "--help", "-h"].includes(command)) {
        console.log(overview());
        return 0;
      }
      throw new Fault(`There is no command ${command}.\n\n${overview()}`);
  }
}

endWithChildren();
try {
  process.exitCode = await main();
} catch (error) {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM")
    console.error(
      `You may not write ${path}: it belongs to somebody else, often to root after an earlier start.\nRun: sudo ./agon ${process.argv.slice(2).join(" ")}`,
    );
  else if (error instanceof Fault) console.error(error.message);
  else throw error;
  process.exitCode = endingWith() ?? 1;
}
if (endingWith() !== undefined) process.exit(endingWith());
