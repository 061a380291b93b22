import { createClient, type Client } from "graphql-ws";
import { createSignal } from "solid-js";
import { isServer } from "solid-js/web";
import { TICK, silenceSince } from "./silence";

/** Milliseconds from a pong to the next ping. */
const PULSE = 1_000;
/** Milliseconds without a pong after which the line is given up: a socket can be dead without knowing it. */
const GIVEN_UP = 6_000;

let client: Client | undefined;

const [line, setLine] = createSignal<"new" | "open" | "closed">("new");
/** The page's one socket: not opened yet, open, or lost and being opened again. */
export { line };

const silence = silenceSince(Date.now());
const [silent, setSilent] = createSignal(0);
/** Milliseconds for which the socket brought nothing, not even a pong, in steps of half a second. */
export { silent };
const [beat, setBeat] = createSignal(0);
/** Unix ms of the last sign of life on the socket; 0 = none yet. */
export { beat };
if (!isServer) setInterval(() => setSilent(silence.tick(Date.now())), TICK);

let givingUp: ReturnType<typeof setTimeout> | undefined;
function alive(): void {
  clearTimeout(givingUp);
  const now = Date.now();
  silence.heard(now);
  setSilent(0);
  setBeat(now);
}

function socket(): Client {
  client ??= createClient({
    url: `${location.origin.replace(/^http/, "ws")}/graphql`,
    lazy: true,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    // 0.2 to 3 s between attempts: a restart of the api takes about a second.
    retryWait: (retries) =>
      new Promise((resolve) =>
        setTimeout(resolve, Math.min(200 * 2 ** retries, 3000) * (0.7 + Math.random() * 0.6)),
      ),
    keepAlive: PULSE,
    on: {
      connected: () => {
        alive();
        setLine("open");
      },
      message: alive,
      ping: (received) => {
        if (!received) givingUp = setTimeout(() => client?.terminate(), GIVEN_UP);
      },
      closed: (event) => {
        clearTimeout(givingUp);
        // 1000 = we closed it, because nothing on the page is live any more.
        setLine((event as CloseEvent).code === 1000 ? "new" : "closed");
      },
    },
  });
  return client;
}

/** Subscribes over the page's one socket, and again whenever the stream ends. @returns how to stop. */
export function subscribe<T>(
  query: string,
  variables: Record<string, unknown>,
  next: (data: T) => void,
  refused: (message: string) => void,
): () => void {
  let over = false;
  let stop = () => {};
  const open = () => {
    if (over) return;
    stop = socket().subscribe<T>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors?.[0]) refused(errors[0].message);
          else if (data) next(data);
        },
        error: (error) => {
          if (Array.isArray(error) && error[0]) refused((error[0] as { message: string }).message);
          setTimeout(open, 1000);
        },
        complete: () => setTimeout(open, 500),
      },
    );
  };
  open();
  return () => {
    over = true;
    stop();
  };
}
