import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { PublicRanges } from "../src/egress/ranges.ts";
import { fetchFile, MAX_BYTES } from "../src/sources/fetch-file.ts";
import { HostRig, machine, play } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
// One loopback address is let through; the others stay what they are.
const rig = new HostRig(given, here(), "0", { AGON_SOURCES_EXCEPT: "127.0.0.1/32" });
const BACKENDS = ["container", "microvm"];
const folder = mkdtempSync(join(tmpdir(), "agon-sources-"));
const asked: string[] = [];
/** How often an address is to answer that it is busy. */
const busy = new Map<string, number>();
let origin = "";

const answers: Record<string, (response: ServerResponse) => void> = {
  "/hello.txt": (response) => response.end("hello from an address\n"),
  "/moved": (response) => response.writeHead(302, { location: "/hello.txt" }).end(),
  "/site.tgz": (response) => response.end(tar),
  "/round": (response) => response.writeHead(302, { location: "/round" }).end(),
  "/inward": (response) =>
    response.writeHead(302, { location: origin.replace("127.0.0.1", "127.0.0.2") }).end(),
  "/by-name": (response) => response.writeHead(302, { location: "http://localhost:1/" }).end(),
  "/endless": (response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
    };
    response.on("drain", more);
    more();
  },
  "/cut": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("some", () => response.destroy());
  },
};
let tar = Buffer.alloc(0);
const server = createServer((request, response) => {
  const path = request.url ?? "";
  asked.push(path);
  const left = busy.get(path) ?? 0;
  busy.set(path, left - 1);
  if (left > 0) response.writeHead(503).end();
  else if (answers[path]) answers[path](response);
  else response.writeHead(404).end();
});

const file = (path: string, source: string, extract = false) => ({
  path,
  content: Buffer.alloc(0),
  owner: "laborant",
  mode: 0o640,
  append: false,
  extract,
  source,
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(join(folder, "index.html"), "packed\n");
  const packed = await execa("tar", ["-czf", "-", "-C", folder, "index.html"], {
    encoding: "buffer",
  });
  tar = Buffer.from(packed.stdout);
  busy.set("/hello.txt", 1);
  await rig.setUp();
  for (const backend of BACKENDS)
    await rig.call(
      "startPlay",
      play(`sources-${backend}`, [
        machine("one", "172.16.0.2/24", {
          backend,
          startupFiles: [
            file("/srv/hello.txt", `${origin}/hello.txt`),
            file("/srv/moved.txt", `${origin}/moved`),
            file("/srv/www", `${origin}/site.tgz`, true),
          ],
        }),
      ]),
    );
  await rig.running(
    BACKENDS.map((backend) => `sources-${backend}`),
    300,
  );
}, 320_000);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rig.tearDown();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(BACKENDS)("on %s", (backend) => {
  test("a file, one behind a redirect and an archive lie there with owner and mode", async () => {
    const { stdout } = await rig.exec(
      `sources-${backend}`,
      "one",
      "sudo cat /srv/hello.txt /srv/moved.txt /srv/www/index.html; sudo stat -c '%U %a' /srv/hello.txt /srv/moved.txt",
    );
    expect(stdout).toBe(
      "hello from an address\nhello from an address\npacked\nlaborant 640\nlaborant 640\n",
    );
  });

  test("a play whose file can't be had fails and says which", async () => {
    const id = `lost-${backend}`;
    await rig.call(
      "startPlay",
      play(id, [
        machine("one", "172.16.0.2/24", {
          backend,
          startupFiles: [file("/srv/x", `${origin}/nothing`)],
        }),
      ]),
    );
    await until("it fails", () => rig.playState(id) === "FAILED", 60);
    const told = rig.events.flatMap(({ play: owner, event }) =>
      owner === id && event?.$case === "state" ? [event.value.reason] : [],
    );
    expect(told.at(-1)).toBe(`machine one: startup file /srv/x: ${origin}/nothing answered 404`);
  });
});

test("a server that is busy is asked again", () => {
  expect(asked.filter((path) => path === "/hello.txt").length).toBeGreaterThan(BACKENDS.length);
});

test("what is no web address is refused before anything starts", async () => {
  const refused = await rig
    .call(
      "startPlay",
      play("refused", [
        machine("one", "", { startupFiles: [file("/srv/x", "file:///etc/passwd")] }),
      ]),
    )
    .then(
      () => "taken",
      (error: Error) => error.message,
    );
  expect(refused).toContain("file:///etc/passwd is no web address");
});

describe("a fetch", () => {
  const none = { ranges: new PublicRanges([]) };
  const one = { ranges: new PublicRanges(["127.0.0.1/32"]) };
  const get = (address: string, rules: Parameters<typeof fetchFile>[1] = one) =>
    fetchFile(address, rules, AbortSignal.timeout(30_000)).then(
      (bytes) => bytes.toString(),
      (error: Error) => error.message,
    );

  test.each([
    "http://127.0.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0x7f000001/",
    "http://localhost/",
  ])("of %s is refused before a connection", async (address) => {
    const before = asked.length;
    expect(await get(address, none)).toMatch(/which is not public$/);
    expect(asked).toHaveLength(before);
  });

  test("does not follow a redirect to where it may not ask", async () => {
    expect(await get(`${origin}/inward`)).toContain("127.0.0.2, which is not public");
    // The name is looked at by its addresses, and the one that was let through has another port.
    expect(await get(`${origin}/by-name`, none)).toContain("not public");
    expect(await get(`${origin}/round`)).toContain("leads on more than 5 times");
  });

  test("has an end: of bytes, and of an answer that breaks off", async () => {
    expect(await get(`${origin}/endless`)).toContain(`larger than ${MAX_BYTES} bytes`);
    expect(await get(`${origin}/cut`)).toMatch(/aborted|too early|terminated/);
  });

  test("of the arena's own public files goes wherever the arena is, of nothing else of it", async () => {
    const arena = { ...none, arena: origin };
    expect(await get(`${origin}/__static__/none.txt`, arena)).toContain("answered 404");
    expect(await get(`${origin}/hello.txt`, arena)).toContain("not public");
  });
});
