import { connect } from "node:net";
import type { Service } from "./service.ts";

/** Whether a service answers now; waits at most 2 s. */
export async function healthy(service: Service): Promise<boolean> {
  const url = service.health;
  if (url.startsWith("http://")) {
    try {
      return (
        (await fetch(url, { signal: AbortSignal.timeout(2000), redirect: "manual" })).status < 500
      );
    } catch {
      return false;
    }
  }
  return new Promise((resolve) => {
    const socket = url.startsWith("unix:")
      ? connect(url.slice(5))
      : connect(Number(new URL(url).port), new URL(url).hostname);
    socket.setTimeout(2000, () => socket.destroy(new Error("timeout")));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
