import { randomUUID } from "node:crypto";
import type { TaskChanged } from "@agon/protocol/machine";
import type { Live } from "./live.ts";
import type { EventDoc } from "./models/store.ts";

/** Changes that a page remembers and reports at most. */
export const maxSightings = 64;
/** Milliseconds that pages have to answer, and that others have after the first. */
const answerMs = 2000;
const othersMs = 300;

/** What a page saw of one task change, by its own clock. */
export interface Sighting {
  version: number;
  task: string;
  state: number;
  sentAt: number;
  receivedAt: number;
  domAt: number | null;
}

/** A page's answer, with the four instants that tell how its clock compares with ours. */
export interface Report {
  clock: { sentAt: number; receivedAt: number; answeredAt: number };
  sightings: Sighting[];
  /** When api had it. */
  answeredAt: number;
}

/** One hop of a task event; instants are unix ms with fractions, null = not known. */
export interface Hop {
  name: "examiner" | "hostd" | "log" | "frame" | "dom";
  at: number | null;
  /** Milliseconds since the hop before that is known. */
  ms: number | null;
  /** Why it is not known; of a frame also how long it was under way. */
  note: string;
}

/** One task event on its way. */
export interface TracedEvent {
  task: string;
  state: number;
  version: number;
  hops: Hop[];
  /** Milliseconds between the first and the last known hop. */
  totalMs: number;
  /** Pages that watched this event, and how far the clock of the one shown may be off. */
  pages: number;
  clockErrorMs: number | null;
}

export const traceTopic = (play: string, request: string): string => `trace:${play}:${request}`;

/** The id of a request when an item of a play's topic asks its pages to report. */
export function traceAsked(item: unknown): string | false {
  const { trace } = item as { trace?: unknown };
  return typeof trace === "string" && trace;
}

/** Asks every page that watches a play what it saw. Empty when nobody answers within 2 s. */
export async function askPages(live: Live, play: string): Promise<Report[]> {
  const request = randomUUID();
  const { queue, close } = live.listen(traceTopic(play, request));
  try {
    live.publish(`play:${play}`, { trace: request });
    const reports: Report[] = [];
    for (;;) {
      const next = await queue.next(reports.length ? othersMs : answerMs);
      if (typeof next !== "object") return reports;
      reports.push(next.item as Report);
    }
  } finally {
    close();
  }
}

/**
 * How far a page's clock is ahead of ours (ms), from one round trip, and how wrong that may be.
 * A difference within its own error is none: on one computer both read the same clock.
 */
export function clockOffset({ clock, answeredAt }: Report): { ahead: number; error: number } {
  const there = clock.receivedAt - clock.sentAt;
  const back = clock.answeredAt - answeredAt;
  const error = Math.max(0, answeredAt - clock.sentAt - (clock.answeredAt - clock.receivedAt)) / 2;
  const ahead = (there + back) / 2;
  return Math.abs(ahead) <= error ? { ahead: 0, error } : { ahead, error };
}

/** The way of a task event of the log to the page that showed it first. */
export function traceEvent(event: EventDoc, reports: Report[]): TracedEvent {
  const changed = event.data["changed"] as TaskChanged;
  const seen = reports
    .flatMap((report) => {
      const sighting = report.sightings.find((one) => one.version === event.seq);
      if (!sighting) return [];
      const { ahead, error } = clockOffset(report);
      return [
        {
          sentAt: sighting.sentAt,
          receivedAt: sighting.receivedAt - ahead,
          domAt: sighting.domAt === null ? null : sighting.domAt - ahead,
          error,
        },
      ];
    })
    .sort((a, b) => a.receivedAt - b.receivedAt);
  const first = seen[0];
  const nobody = reports.length
    ? "no page that is open got it as a change"
    : "no page watches the play now";
  const old = "the event is from before traces";
  const known: Omit<Hop, "ms">[] = [
    { name: "examiner", at: changed.atMs || null, note: changed.atMs ? "" : old },
    { name: "hostd", at: event.observedAt ?? event.at, note: "" },
    { name: "log", at: event.loggedAt ?? null, note: event.loggedAt ? "" : old },
    {
      name: "frame",
      at: first?.receivedAt ?? null,
      note: first ? `sent ${(first.receivedAt - first.sentAt).toFixed(1)} ms before` : nobody,
    },
    {
      name: "dom",
      at: first?.domAt ?? null,
      note: first?.domAt === null ? "the page showed no node of it" : first ? "" : nobody,
    },
  ];
  let before: number | null = null;
  const hops = known.map((hop) => {
    const ms = hop.at === null || before === null ? null : hop.at - before;
    before = hop.at ?? before;
    return { ...hop, ms };
  });
  const instants = hops.flatMap((hop) => hop.at ?? []);
  return {
    task: changed.task,
    state: changed.state,
    version: event.seq,
    hops,
    totalMs: instants.at(-1)! - instants[0]!,
    pages: seen.length,
    clockErrorMs: first?.error ?? null,
  };
}
