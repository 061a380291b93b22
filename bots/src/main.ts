import { chmodSync, constants, mkdirSync, openSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadCatalogue } from "@agon/content/load";
import { ArenaClient } from "./arena-client.ts";
import { isVirtual, jobsOf, type Job } from "./jobs.ts";
import { named, playables } from "./playables.ts";
import { junit, line, type BotResult } from "./report.ts";
import { patienceFor, runVariant } from "./variant.ts";

const NOBODY = 65534;
/** Plays at once: most of a run is waiting. */
const PARALLEL = 5;
/** Of these, plays on microVMs: emulated ones each keep a processor busy. */
const PARALLEL_MICROVMS = 2;
/** What `--backend all` means. */
const BACKENDS = ["container", "microvm"];

/** Enqueues a nightly run and ends. */
async function enqueueNightly(arena: ArenaClient, challenges: string[]): Promise<never> {
  try {
    const { startNightly: run } = await arena.ask<{
      startNightly: { batch: string; joined: boolean };
    }>("mutation($c: [String!]) { startNightly(challenges: $c) { batch joined } }", {
      c: challenges,
    });
    console.log(
      values.json
        ? JSON.stringify(run)
        : `${run.joined ? "Waits or runs already" : "Enqueued"}: ${run.batch}. Its runs appear at ${arena.endpoint}/bots`,
    );
    process.exit(0);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const root = resolve(import.meta.dirname, "../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean" },
    junit: { type: "string" },
    nightly: { type: "boolean" },
    variant: { type: "string" },
    backend: { type: "string" },
    patience: { type: "string" },
    now: { type: "boolean" },
    // What is recorded of this batch already is not done again.
    batch: { type: "string" },
    // Ends when standard input does: with the process that started this one.
    tied: { type: "boolean" },
  },
});
const command = positionals[0];
if (command !== "run" && !(command === "nightly" && values.now)) {
  console.error(
    `usage: agon bots run [NAME…] [--variant nothing|wrong|solution] [--backend NAME,…|all]
                      [--patience FACTOR] [--json] [--junit FILE]
       agon bots nightly --now [NAME…] [--json]   enqueue the nightly run at once`,
  );
  process.exit(1);
}
const endpoint = process.env["AGON_ENDPOINT"];
const key = process.env["AGON_API_KEY"];
if (!endpoint || !key) {
  console.error(
    "AGON_ENDPOINT and AGON_API_KEY are not set: run this as ./agon bots run, or set both",
  );
  process.exit(1);
}
if (command === "nightly")
  await enqueueNightly(new ArenaClient(endpoint, key), positionals.slice(1));
const artifacts = resolve(process.env["AGON_ARTIFACTS"] ?? "artifacts");
const catalogue = await loadCatalogue(
  process.env["AGON_CONTENT_DIR"] ?? join(root, "challenges"),
  join(root, "playgrounds"),
  process.env["AGON_LIBRARY_DIR"] ?? join(root, "content"),
);
const offered = playables(catalogue);
const names = positionals.slice(1);
const unknown = names.filter((name) => named(offered, name).length === 0);
for (const problem of catalogue.problems.filter((one) => one.severity === "error"))
  console.error(
    `${problem.file}:${problem.line}:${problem.column} ${problem.message} (${problem.fix})`,
  );
if (unknown.length) {
  console.error(
    `Nothing to play is called ${unknown.join(", ")}. There are: ${offered.map(({ name }) => name).join(", ")}`,
  );
  process.exit(1);
}
const patience = values.patience === undefined ? undefined : Number(values.patience);
if (patience !== undefined && !(patience > 0)) {
  console.error(`--patience takes a factor of all limits above 0, not ${values.patience}`);
  process.exit(1);
}
const backends = values.backend === "all" ? BACKENDS : (values.backend?.split(",") ?? [""]);
const chosen = names.length ? [...new Set(names.flatMap((name) => named(offered, name)))] : offered;
// The longest kind last would leave one worker alone at the end; nothing takes at least 15 s each.
const queue = chosen
  .flatMap((challenge) => backends.flatMap((backend) => jobsOf(challenge, backend)))
  .filter((job) => !values.variant || job.variant === values.variant);

mkdirSync(artifacts, { recursive: true });
chmodSync(artifacts, 0o777);
// Kept open: the unprivileged user may not pass through the folders above it, a clone in /root for one.
const artifactsOpen = `/proc/self/fd/${openSync(artifacts, constants.O_DIRECTORY)}`;
const reportFile = values.junit ? resolve(values.junit) : undefined;
let report: number | undefined;
if (reportFile) {
  mkdirSync(dirname(reportFile), { recursive: true });
  report = openSync(reportFile, "w");
}
// A bot is an ordinary client: as root it gives its rights away before it does anything.
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}

const client = new ArenaClient(endpoint, key);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.on("SIGINT", () => stop.abort());
if (values.tied)
  process.stdin
    .on("end", () => stop.abort())
    .on("error", () => stop.abort())
    .resume();
const batch = values.batch ?? `${new Date().toISOString().slice(0, 19)}Z-${process.pid}`;
const results: BotResult[] = [];
/** By challenge. */
const active = new Map<string, Job>();
if (values.batch) {
  const { botRuns } = await client.ask<{
    botRuns: { challenge: string; variant: string; solution: string | null; backend: string }[];
  }>("query($b: ID!) { botRuns(first: 5000, batch: $b) { challenge variant solution backend } }", {
    b: batch,
  });
  const left = queue.filter(
    (job) =>
      !botRuns.some(
        (run) =>
          run.challenge === job.challenge.name &&
          run.variant === job.variant &&
          run.solution === job.solution &&
          (job.backend === "" || run.backend === job.backend),
      ),
  );
  queue.splice(0, queue.length, ...left);
}
const begunWith = queue.length;

/** The next job whose challenge no other worker plays: a user has one play of a challenge at a time. */
function next(): Job | undefined {
  const microvms = [...active.values()].filter(isVirtual).length;
  const index = queue.findIndex(
    (job) => !active.has(job.challenge.name) && (!isVirtual(job) || microvms < PARALLEL_MICROVMS),
  );
  return index < 0 ? undefined : queue.splice(index, 1)[0];
}

async function worker(): Promise<void> {
  while (queue.length && !stop.signal.aborted) {
    const job = next();
    if (!job) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    active.set(job.challenge.name, job);
    const path = join(
      batch,
      job.challenge.name,
      `challenge-tester-artifacts.${job.solution ?? job.variant}${job.backend && `.${job.backend}`}`,
    );
    const begun = performance.now();
    const found = await runVariant(
      {
        client,
        challenge: job.challenge,
        backend: job.backend,
        artifacts: join(artifactsOpen, path),
        signal: stop.signal,
        patience: patience ?? patienceFor(job.backend),
      },
      job.variant,
      job.text,
    ).catch((error: Error) => ({
      verdict: "fail" as const,
      reason: error.message,
      backend: job.backend,
    }));
    // An interrupted run says nothing of its challenge: who goes on with the batch does it anew.
    if (stop.signal.aborted) return;
    const result: BotResult = {
      challenge: job.challenge.name,
      variant: job.variant,
      solution: job.solution,
      ...found,
      seconds: (performance.now() - begun) / 1000,
      artifacts: join(artifacts, path),
    };
    results.push(result);
    if (!values.json) console.log(line(result));
    const { artifacts: _, ...run } = result;
    await client
      .ask("mutation($run: BotRunInput!) { reportBotRun(run: $run) { id } }", {
        run: { ...run, batch, nightly: values.nightly ?? false },
      })
      .catch((error: Error) => console.error(`the run could not be stored: ${error.message}`));
    active.delete(job.challenge.name);
  }
}

await Promise.all(Array.from({ length: PARALLEL }, worker));
if (report !== undefined) writeFileSync(report, junit(results));
const failed = results.filter((one) => one.verdict === "fail").length;
if (values.json) console.log(JSON.stringify({ runs: results }, null, 2));
else
  console.log(
    `${results.length - failed} of ${results.length} as they should be. Artifacts: ${join(artifacts, batch)}`,
  );
// 2 = not finished: the rest of the batch is still to be done.
if (stop.signal.aborted) process.exitCode = 2;
else process.exitCode = failed || (results.length === 0 && begunWith > 0) ? 1 : 0;
// The tie would keep this process.
process.stdin.destroy();
