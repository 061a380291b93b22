import { createWriteStream, rmSync } from "node:fs";
import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import type { Qmp } from "./qmp.ts";

/** Milliseconds that storing may take: whole memories go to a disk that others use, too. */
const STORED = 120_000;

/**
 * Stores what a stopped machine is besides its disk.
 * @param sockets folder in which QEMU may connect. @param shared memory stays out: it lies in a file of its own.
 */
export async function storeState(
  qmp: Qmp,
  sockets: string,
  file: string,
  shared: boolean,
): Promise<void> {
  const socket = join(sockets, "state");
  rmSync(socket, { force: true });
  const out = createWriteStream(file, { mode: 0o644 });
  const stored = Promise.withResolvers<void>();
  // Told of below; a failure of QEMU comes first.
  stored.promise.catch(() => undefined);
  const server = createServer((stream) => {
    stream.pipe(out);
    stream.on("error", stored.reject);
  });
  out.on("finish", stored.resolve);
  out.on("error", stored.reject);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o666);
  try {
    await qmp.ask("migrate-set-capabilities", {
      capabilities: [{ capability: "x-ignore-shared", state: shared }],
    });
    await qmp.ask("migrate-set-parameters", { "max-bandwidth": 100e9 });
    await qmp.ask("migrate", { uri: `unix:${socket}` });
    for (const end = performance.now() + STORED; ;) {
      const { status, ...rest } = await qmp.ask<{ status: string; "error-desc"?: string }>(
        "query-migrate",
      );
      if (status === "completed") break;
      if (status === "failed" || status === "cancelled" || performance.now() > end)
        throw new Error(
          `the machine's state was not stored: ${status} ${rest["error-desc"] ?? ""}`,
        );
      await pause(2);
    }
    await stored.promise;
  } finally {
    server.close();
    out.destroy();
    rmSync(socket, { force: true });
  }
}
