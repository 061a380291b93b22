import { createClient } from "redis";
import type { Logger } from "@agon/daemon/log";

export type Redis = ReturnType<typeof createRedis>;

/** A client that fails at once while Redis is away (no fact lives there), and comes back by itself. */
export function createRedis(url: string, log: Logger) {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (tries) => Math.min(50 * 2 ** Math.min(tries, 6), 2000) },
  });
  let told = 0;
  client.on("error", (error: Error) => {
    if (Date.now() - told < 5000) return;
    told = Date.now();
    log.warn({ error: error.message }, "redis is away: boards and live updates wait for it");
  });
  return client;
}

/** The value, or the fallback while Redis is away. */
export async function orElse<T>(value: Promise<T>, fallback: T): Promise<T> {
  try {
    return await value;
  } catch {
    return fallback;
  }
}
