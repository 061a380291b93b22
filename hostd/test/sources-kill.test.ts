import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostRemains } from "@agon/testing/host-audit";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { HostRig, machine, play } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
/** Everything that hostd puts into a temporary place lies here. */
const temporary = mkdtempSync(join(tmpdir(), "agon-sources-kill-"));
const rig = new HostRig(given, here(), "0", {
  AGON_SOURCES_EXCEPT: "127.0.0.1/32",
  TMPDIR: temporary,
});
const BACKENDS = ["container", "microvm"];
const BODY = "the whole of it\n";

/** Requests by path, and the answers that were begun and wait for the test. */
const asked = new Map<string, number>();
const held = new Map<string, ServerResponse>();
/** Counts the answers: the same address gives other bytes each time. */
let answers = 0;
const server = createServer((request, response) => {
  const path = request.url ?? "";
  asked.set(path, (asked.get(path) ?? 0) + 1);
  if (!path.endsWith("/held")) return void response.end(`answer ${++answers} of ${path}\n`);
  response.writeHead(200, { "content-length": String(BODY.length) });
  // The first time it stops half-way, until the test lets go of it.
  if (asked.get(path) === 1) response.write(BODY.slice(0, 5), () => held.set(path, response));
  else response.end(BODY);
});
let origin = "";

const file = (path: string, address: string, append = false) => ({
  path,
  content: Buffer.alloc(0),
  owner: "laborant",
  mode: 0o640,
  append,
  extract: false,
  source: `${origin}${address}`,
});

const plays: string[] = [];
/** A play's name, another one at each attempt of a test. */
function fresh(name: string): string {
  plays.push(`${name}-${plays.length}`);
  return plays.at(-1)!;
}

const spec = (id: string, backend: string, last: string) =>
  play(id, [
    machine("one", "172.16.0.2/24", {
      backend,
      startupFiles: [
        // A line of its own, so that what is appended twice would be seen.
        { ...file("/srv/lines", ""), content: Buffer.from("begin\n"), source: "" },
        file("/srv/lines", `/${id}/line`, true),
        file("/srv/last", `/${id}/${last}`),
      ],
    }),
  ]);
const stateFolder = (id: string) => join(rig.folder, "state/plays", id);
/** Where hostd keeps what it fetched, by a play and an address. */
const kept = (id: string, address: string) => {
  const name = createHash("sha256").update(`${origin}${address}`).digest("hex").slice(0, 10);
  return join(stateFolder(id), "sources", name);
};
const countOf = (path: string) => asked.get(path) ?? 0;
const inMachine = async (id: string) =>
  (await rig.exec(id, "one", "sudo cat /srv/lines /srv/last; sudo stat -c '%U %a' /srv/last"))
    .stdout;
const halfWritten = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".new"),
  );
/** Nothing of the fetch is anywhere but in the machine. */
const nothingLeft = (id: string) => {
  expect(existsSync(join(stateFolder(id), "sources"))).toBe(false);
  expect(halfWritten(stateFolder(id))).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
};

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await rig.setUp();
  // The template is made before the first kill.
  await rig.call(
    "startPlay",
    play("first-one", [machine("one", "172.16.0.2/24", { backend: "microvm" })]),
  );
  await rig.running(["first-one"], 400);
  await rig.call("destroyPlay", { play: "first-one" });
}, 420_000);

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rig.tearDown();
  rmSync(temporary, { recursive: true, force: true });
});

describe.each(BACKENDS)("on %s", (backend) => {
  test("hostd killed in the middle of a fetch keeps what is whole, fetches the rest anew, and each file lies there once", async () => {
    const id = fresh(`middle-${backend}`);
    await rig.call("startPlay", spec(id, backend, "held"));
    await until("half of the last file is on its way", () => held.has(`/${id}/held`));
    const before = readFileSync(kept(id, `/${id}/line`), "utf8");
    await rig.kill();
    expect(existsSync(kept(id, `/${id}/held`))).toBe(false);
    await rig.start();
    await rig.running([id], 300);
    // The same address would give other bytes now.
    expect(before).toMatch(/^answer \d+ of/);
    expect(countOf(`/${id}/line`)).toBe(1);
    expect(countOf(`/${id}/held`)).toBe(2);
    expect(await inMachine(id)).toBe(`begin\n${before}${BODY}laborant 640\n`);
    nothingLeft(id);
  }, 400_000);

  test("hostd killed between the fetch and the start of the machine fetches nothing anew, and each file lies there once", async () => {
    const id = fresh(`between-${backend}`);
    await rig.call("startPlay", spec(id, backend, "last"));
    // No pause: the machine begins to be made at once.
    const last = kept(id, `/${id}/last`);
    for (const end = Date.now() + 60_000; !existsSync(last) && Date.now() < end;) await turn();
    await rig.kill();
    expect(rig.machineStates(id, "one")).not.toContain("RUNNING");
    const record = JSON.parse(readFileSync(join(stateFolder(id), "state.json"), "utf8")) as {
      machines: Record<string, { prepared: boolean; state: string }>;
    };
    // Nothing of it was started yet.
    expect(["", "CREATED"]).toContain(record.machines["one"]!.state);
    const before = [`/${id}/line`, `/${id}/last`].map((path) => readFileSync(kept(id, path)));
    await rig.start();
    await rig.running([id], 300);
    expect(countOf(`/${id}/line`)).toBe(1);
    expect(countOf(`/${id}/last`)).toBe(1);
    expect(await inMachine(id)).toBe(`begin\n${before.join("")}laborant 640\n`);
    nothingLeft(id);
    // A restart of hostd beside the running machine brings nothing back, and writes nothing again.
    await rig.kill();
    await rig.start();
    expect(await inMachine(id)).toBe(`begin\n${before.join("")}laborant 640\n`);
    nothingLeft(id);
  }, 400_000);
});

test("destroyed, such plays leave nothing on the host", async () => {
  for (const id of plays) await rig.call("destroyPlay", { play: id });
  expect(
    await hostRemains({
      arena: rig.arena,
      prefix: rig.prefix,
      state: join(rig.folder, "state"),
      docker: here().docker,
    }),
  ).toEqual([]);
});
