import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  copyFileSync,
  truncateSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import { writeWhole } from "./arena-file.ts";
import { touch } from "./artefact.ts";
import type { Plan, Service, State } from "./service.ts";

/** A log is cut when it passes this, the newest half kept beside it. */
const LOG_BYTES = 20_000_000;
/** Milliseconds between marks on what the services use of the cache. */
const TOUCH = 3_600_000;
/** Niceness of services: about nine times the weight of an ordinary process. */
const NICE = -10;
const planFile = process.argv[2];
if (!planFile) throw new Error("supervisor needs the plan's path");
const planText = readFileSync(planFile, "utf8");
const plan = JSON.parse(planText) as Plan;
const stateFile = join(plan.run, "state.json");

interface Running {
  service: Service;
  child: ChildProcess;
  restarts: number;
  since: number;
}
const running = new Map<string, Running>();
let stopping = false;

function save(): void {
  const state: State = {
    supervisor: process.pid,
    services: [...running.values()].map(({ service, child, restarts, since }) => ({
      name: service.name,
      pid: child.pid ?? 0,
      restarts,
      since,
    })),
  };
  writeWhole(stateFile, JSON.stringify(state, null, 2));
}

/**
 * Services come before machines and everything else: they use little, and people wait for it. Not an
 * own Docker daemon, whose machines would inherit it.
 */
function prefer(service: Service, pid: number | undefined): void {
  if (!pid || service.name === "docker") return;
  try {
    setPriority(pid, NICE);
    // Where the kernel groups processes by session, the group's niceness is what counts.
    writeFileSync(`/proc/${pid}/autogroup`, String(NICE));
  } catch {
    // It has ended already, or we may not: then it runs as everything else.
  }
}

function start(service: Service, restarts: number): void {
  // An open file and not a pipe: the service goes on when this supervisor is killed.
  const log = openSync(join(plan.logs, `${service.name}.log`), "a");
  const child = spawn(service.command, service.args, {
    cwd: service.cwd,
    env: service.env,
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  prefer(service, child.pid);
  child.on("error", (error) =>
    process.stdout.write(
      `${JSON.stringify({ msg: "could not start", service: service.name, error: error.message })}\n`,
    ),
  );
  running.set(service.name, { service, child, restarts, since: Date.now() });
  save();
  child.once("close", (code, signal) => {
    if (stopping || running.get(service.name)?.child !== child) return;
    const lived = Date.now() - (running.get(service.name)?.since ?? 0);
    process.stdout.write(
      `${JSON.stringify({ msg: "service ended, starting it again", service: service.name, code, signal, lived })}\n`,
    );
    // At once after a long life, with a growing pause when it fails at start.
    const next = lived > 10_000 ? 1 : restarts + 1;
    setTimeout(
      () => !stopping && start(service, next),
      lived > 10_000 ? 100 : Math.min(200 * 2 ** Math.min(restarts, 6), 10_000),
    );
  });
}

function alive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  for (const { service, child } of [...running.values()].reverse()) {
    if (!alive(child)) continue;
    child.kill("SIGTERM");
    const until = Date.now() + service.graceMs;
    while (alive(child) && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL"); // what the service left in its group
    } catch {
      // The group is gone.
    }
  }
  rmSync(stateFile, { force: true });
  process.exit(0);
}

function rotate(): void {
  for (const { service } of running.values()) {
    const file = join(plan.logs, `${service.name}.log`);
    if (existsSync(file) && statSync(file).size > LOG_BYTES) {
      copyFileSync(file, `${file}.1`);
      truncateSync(file); // the service appends, so it goes on at the start
    }
  }
}

process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
setInterval(rotate, 30_000);
touch(planText);
setInterval(() => touch(planText), TOUCH);
for (const service of plan.services) start(service, 0);
