import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, holderOf } from "../src/ports.ts";

test("a port that browsers refuse is not used", async () => {
  expect(await freePort("x", 6665, new Set())).toBeGreaterThan(6669);
});

test("a taken port: the next free one is used, and its holder is named", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  expect(await freePort("x", port, new Set())).toBeGreaterThan(port);
  expect(holderOf(port)).toContain(`pid ${process.pid}`);
  server.close();
});
