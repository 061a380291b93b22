import { createSignal } from "solid-js";
import { isServer } from "solid-js/web";
import { now } from "./clock";
import { beat, line, silent } from "./socket";

/** Milliseconds of silence of the socket, which beats every second, after which a page says that it is stale. */
const SILENT = 1_500;
/** The same for one stream on it: those beat every 5 s. */
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

/**
 * What is known of the line: instants in unix ms; `heard` null = nothing came of this part yet, `beat` is
 * the last sign of life of the whole line, `silent` ms since then, `offline` null = online.
 */
export interface Line {
  heard: number | null;
  beat: number;
  silent: number;
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
  const beats = known.open && known.silent <= SILENT;
  if (known.heard !== null && beats && silence <= STALE) return { state: "live", word: "Live" };
  // As old as the last sign of life: of the line, or of the one stream that is silent on a living line.
  const old = beats ? silence : known.now - Math.max(known.beat, known.heard ?? known.opened);
  return {
    state: "reconnecting",
    word: `Reconnecting, ${Math.max(0, Math.round(old / 1000))} s old`,
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
        beat: beat(),
        silent: silent(),
        opened,
        open: line() !== "closed",
        offline: offlineSince(),
        now: now(),
      }),
    heard: () => setLast(Date.now()),
    silence: () => now() - (last() ?? opened),
  };
}
