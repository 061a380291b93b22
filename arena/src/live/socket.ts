import { createClient, type Client } from "graphql-ws";
import { createSignal } from "solid-js";

let client: Client | undefined;

const [line, setLine] = createSignal<"new" | "open" | "closed">("new");
/** The page's one socket: not opened yet, open, or lost and being opened again. */
export { line };

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
    keepAlive: 10_000,
    on: {
      connected: () => setLine("open"),
      // 1000 = we closed it, because nothing on the page is live any more.
      closed: (event) => setLine((event as CloseEvent).code === 1000 ? "new" : "closed"),
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
