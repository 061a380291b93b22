import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeAuthority, makeRequest, signRequest } from "@agon/daemon/pki";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { HostRig, machine, play } from "./host-rig.ts";

const folder = mkdtempSync(join(tmpdir(), "agon-sources-tls-"));
const known = join(folder, "known");
const strange = join(folder, "strange");
const rig = new HostRig("", here(), "0", {
  AGON_SOURCES_EXCEPT: "127.0.0.1/32",
  // As an operator gives the authority of a network of their own.
  NODE_EXTRA_CA_CERTS: join(known, "ca.pem"),
});
const servers: Server[] = [];
/** Connections by the server's address; one that does not trust it ends it before a request. */
const connections = new Map<string, number>();
const requests: string[] = [];

/** A server with a certificate of an authority. @returns its origin. */
async function serve(authority: string, name: string): Promise<string> {
  await makeRequest(authority, "server", "server");
  const csr = readFileSync(join(authority, "server.csr"), "utf8");
  const server = createServer(
    {
      key: readFileSync(join(authority, "server.key")),
      cert: await signRequest(authority, csr, "server", [name]),
    },
    (request, response) => {
      requests.push(`${origin}${request.url}`);
      if (request.url === "/plain")
        return void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
      response.end("hello over TLS\n");
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on("connection", () => connections.set(origin, (connections.get(origin) ?? 0) + 1));
  return origin;
}

let trusted = "";
let untrusted = "";
let misnamed = "";

beforeAll(async () => {
  for (const one of [known, strange]) {
    mkdirSync(one);
    await makeAuthority(one);
  }
  trusted = await serve(known, "IP:127.0.0.1");
  untrusted = await serve(strange, "IP:127.0.0.1");
  misnamed = await serve(known, "DNS:elsewhere.example");
  await rig.setUp();
}, 120_000);

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rig.tearDown();
  rmSync(folder, { recursive: true, force: true });
});

async function start(id: string, source: string): Promise<void> {
  const file = {
    path: "/srv/hello.txt",
    content: Buffer.alloc(0),
    owner: "laborant",
    mode: 0o640,
    append: false,
    extract: false,
    source,
  };
  const one = machine("one", "172.16.0.2/24", { backend: "container", startupFiles: [file] });
  await rig.call("startPlay", play(id, [one]));
}

/** The reason that a play failed with. */
async function failure(id: string): Promise<string> {
  await until(`${id} fails`, () => rig.playState(id) === "FAILED");
  const told = rig.events.flatMap(({ play: owner, event }) =>
    owner === id && event?.$case === "state" ? [event.value.reason] : [],
  );
  return told.at(-1) ?? "";
}

test("a file of a server whose authority the operator named lies in the machine", async () => {
  await start("trusted", `${trusted}/hello.txt`);
  await rig.running(["trusted"], 120);
  const { stdout } = await rig.exec("trusted", "one", "sudo cat /srv/hello.txt");
  expect(stdout).toBe("hello over TLS\n");
}, 200_000);

test("an authority that nobody named is refused at once, with the file, the address and the reason", async () => {
  await start("untrusted", `${untrusted}/hello.txt`);
  expect(await failure("untrusted")).toBe(
    `machine one: startup file /srv/hello.txt: ${untrusted}/hello.txt is not fetched, its certificate is not trusted: unable to verify the first certificate`,
  );
  expect(connections.get(untrusted)).toBe(1);
  expect(requests.filter((one) => one.startsWith(untrusted))).toEqual([]);
});

test("a certificate for another name is refused, though its authority is known", async () => {
  await start("misnamed", `${misnamed}/hello.txt`);
  const why = await failure("misnamed");
  expect(why).toContain(`/srv/hello.txt: ${misnamed}/hello.txt is not fetched`);
  expect(why).toContain("127.0.0.1 is not in the cert's list");
  expect(connections.get(misnamed)).toBe(1);
});

test("a redirect does not lead away from TLS", async () => {
  await start("plain", `${trusted}/plain`);
  expect(await failure("plain")).toBe(
    `machine one: startup file /srv/hello.txt: ${trusted}/plain leads away from TLS`,
  );
});
