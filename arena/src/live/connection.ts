import { createSignal } from "solid-js";
import { isServer } from "solid-js/web";
import { now } from "./clock";
import { line } from "./socket";

/** Milliseconds of silence after which a page says that it is stale: streams beat every 5 s. */
const STALE = 8_000;

const [offlineSince, setOfflineSince] = createSignal<number | null>(null);
if (!isServer) {
  if (!navigator.onLine) setOfflineSince(Date.now());
  addEventListener("offline", () => setOfflineSince(Date.now()));
  addEventListener("online", () => setOfflineSince(null));
}

export interface Connection {
  state: "live" | "connecting" | "reconnecting" | "offline";
  /** What the page says. */
  word: string;
}

/** What is known of the line: instants in unix ms; `heard` null = nothing yet, `offline` null = online. */
export interface Line {
  heard: number | null;
  opened: number;
  open: boolean;
  offline: number | null;
  now: number;
}

/** The honest word for a live part of a page: it never says Live of what may be old. */
export function connectionOf(known: Line): Connection {
  if (known.offline !== null) {
    const at = new Date(known.offline);
    const two = (value: number) => String(value).padStart(2, "0");
    return {
      state: "offline",
      word: `Offline since ${two(at.getHours())}:${two(at.getMinutes())}`,
    };
  }
  const silence = known.now - (known.heard ?? known.opened);
  if (known.heard === null && silence < STALE) return { state: "connecting", word: "Connecting" };
  if (known.heard !== null && known.open && silence <= STALE)
    return { state: "live", word: "Live" };
  return {
    state: "reconnecting",
    word: `Reconnecting, ${Math.max(0, Math.round(silence / 1000))} s old`,
  };
}

/** Follows one live part. Call `heard` with each message of its stream; on the server it is connecting. */
export function createConnection(): {
  connection: () => Connection;
  heard: () => void;
  silence: () => number;
} {
  const opened = Date.now();
  const [last, setLast] = createSignal<number | null>(null);
  return {
    connection: () =>
      connectionOf({
        heard: last(),
        opened,
        open: line() !== "closed",
        offline: offlineSince(),
        now: now(),
      }),
    heard: () => setLast(Date.now()),
    silence: () => now() - (last() ?? opened),
  };
}
