// ./agon trace PLAY [TASK] [--next] [--json]: the way of task events from the machine to the browser.
import { parseArgs } from "node:util";
import { env } from "@agon/daemon/env";
import { serviceLog } from "@agon/daemon/log";
import { taskStateName } from "@agon/protocol/task-state";
import type { TaskChanged } from "@agon/protocol/machine";
import type { PlayDelta } from "./play-delta.ts";
import { isFinal } from "./fold.ts";
import { Live } from "./live.ts";
import { EventLog } from "./log.ts";
import type { EventDoc } from "./models/store.ts";
import { keysOf, type PlayDoc } from "./models/play.ts";
import { openStore } from "./models/store.ts";
import { createRedis } from "./redis.ts";
import type { TracedEvent } from "./trace.ts";
import { askPages, traceEvent } from "./trace.ts";

/** Milliseconds that --next waits, and that a page has to show what it was sent. */
const nextMs = 600_000;
const settleMs = 500;

class Refusal extends Error {}

function show(event: TracedEvent): string {
  const first = event.hops.find((hop) => hop.at !== null)?.at ?? 0;
  const rows = event.hops.map(({ name, at, ms, note }) => [
    name,
    at === null ? "?" : new Date(at).toISOString().slice(11, 23),
    ms === null ? "" : `+${ms.toFixed(1)}`,
    at === null ? "" : (at - first).toFixed(1),
    note,
  ]);
  const head = ["HOP", "INSTANT (UTC)", "+MS", "MS", ""];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, i) => (i === 2 || i === 3 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  const error =
    event.clockErrorMs === null ? "" : `, browser's clock ±${event.clockErrorMs.toFixed(1)} ms`;
  return `${event.task} became ${taskStateName(event.state)} (event ${event.version}${error})\n${lines.join("\n")}`;
}

/** Resolves with the next change of a task. @throws Refusal after ten minutes. */
async function nextChange(live: Live, play: string, task: string): Promise<void> {
  const { queue, close } = live.listen(`play:${play}`);
  try {
    console.error(`Waiting for the next change of ${task}.`);
    const until = Date.now() + nextMs;
    while (Date.now() < until) {
      const next = await queue.next(until - Date.now());
      if (typeof next === "object" && (next.item as PlayDelta).task?.name === task) return;
    }
    throw new Refusal(`${task} did not change within ${nextMs / 60_000} minutes.`);
  } finally {
    close();
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, next: { type: "boolean" } },
  });
  const [id, task] = positionals;
  if (!id || positionals.length > 2 || (values.next && !task))
    throw new Refusal("Usage: ./agon trace PLAY [TASK] [--next] [--json]");
  const store = await openStore(env("MONGO_URL"));
  const play = await store.plays.findById(id).lean<PlayDoc>();
  if (!play) throw new Refusal(`There is no play ${id}: its id is the end of its page's address.`);
  const names = keysOf(play).map((key) => key.name);
  if (task && !names.includes(task))
    throw new Refusal(`The play has no task ${task}. It has: ${names.join(", ")}`);
  const redis = createRedis(env("REDIS_URL"), serviceLog("trace"));
  await redis.connect();
  const live = new Live(redis, env("AGON_ARENA_ID"));
  await live.open();
  if (values.next && task) {
    const state = play.view.tasks[task]?.state ?? 0;
    if (isFinal(play.view.state) || state >= 35)
      throw new Refusal(`${task} is ${taskStateName(state)} and will not change any more.`);
    await nextChange(live, id, task);
    await new Promise((done) => setTimeout(done, settleMs));
  }
  const log = await new EventLog(store).readAll(id);
  const isOf = (event: EventDoc) =>
    event.type === "task" && (!task || (event.data["changed"] as TaskChanged).task === task);
  const events = log.filter(isOf).slice(task ? -1 : 0);
  const reports = isFinal(play.view.state) ? [] : await askPages(live, id);
  const traced = events.map((event) => traceEvent(event, reports));
  if (values.json) console.log(JSON.stringify({ play: id, events: traced }));
  else if (traced.length === 0) console.log(`Nothing happened to ${task ?? "its tasks"} yet.`);
  else console.log(traced.map(show).join("\n\n"));
}

try {
  await main();
  process.exit(0);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exit(1);
}
