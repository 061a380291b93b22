import { request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { ListPortsReply, OpenPortReply, OpenPortRequest } from "@agon/protocol/host";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { HostRig, machine, play } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const SUFFIX = ".ports.test";
const rig = new HostRig(given, here(), "0", { AGON_PORTS_URL: `http://*${SUFFIX}` });
const BACKENDS = ["container", "microvm"];

/** Tells what it was asked, as JSON, and echoes WebSocket frames by hand: no package is in the machine. */
const SERVICE = String.raw`
import hashlib, base64, http.server, json, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        if self.headers.get("Upgrade"):
            key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
            self.wfile.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n").encode())
            head = self.rfile.read(2)
            size = head[1] & 127
            mask = self.rfile.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(size)))
            self.wfile.write(bytes([0x81, size]) + data)
            self.close_connection = True
            return
        size = int(self.headers.get("Content-Length") or 0)
        body = json.dumps({"path": self.path, "method": self.command, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": self.rfile.read(size).decode()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
        self.send_header("Set-Cookie", "mine=1; Domain=ports.test; Path=/")
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
    def log_message(self, *more): pass
server = http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`;

const idOf = (backend: string) => `ports-${backend}`;
/** The first network is private and has another machine as its gateway: nothing but the play itself leads there. */
beforeAll(async () => {
  await rig.setUp();
  for (const backend of BACKENDS)
    await rig.call("startPlay", {
      ...play(idOf(backend), [
        machine("web", "10.9.0.2/24", {
          backend,
          startupFiles: [
            {
              path: "/opt/service.py",
              content: Buffer.from(SERVICE),
              owner: "",
              mode: 0o644,
              append: false,
              extract: false,
              source: "",
            },
          ],
        }),
        machine("door", "10.9.0.1/24", { backend }),
      ]),
      networks: [{ name: "local", subnet: "10.9.0.0/24", gateway: "10.9.0.1", private: true }],
    });
  await rig.running(BACKENDS.map(idOf), 300);
}, 320_000);

afterAll(() => rig.tearDown());

const openPort = (backend: string, wish: Partial<OpenPortRequest> = {}) =>
  rig.call<OpenPortReply>("openPort", {
    play: idOf(backend),
    machine: "web",
    port: 8080,
    tls: false,
    public: false,
    hostRewrite: "",
    pathRewrite: "",
    ...wish,
  });
const open = async (...of: Parameters<typeof openPort>) => new URL((await openPort(...of)).url);
const listed = async (backend: string) =>
  (await rig.call<ListPortsReply>("listPorts", { play: idOf(backend) })).ports;
const close = (backend: string, id: string) => rig.call("closePort", { play: idOf(backend), id });
const hello = (port: number) => ({
  port,
  host: "127.0.0.1",
});
/** A browser's request: host names of tests lead nowhere, so the connection is made by hand. */
const ask = (url: URL, cookie = "", more: { method?: string; body?: string } = {}) =>
  new Promise<IncomingMessage & { text: string }>((resolve, reject) => {
    const sent = request(
      {
        ...hello(rig.ports.terminal),
        path: `${url.pathname}${url.search}`,
        method: more.method ?? "GET",
        headers: { host: url.host, ...(cookie && { cookie }) },
      },
      async (answer) => {
        let text = "";
        for await (const part of answer.setEncoding("utf8")) text += part;
        resolve(Object.assign(answer, { text }));
      },
    );
    sent.once("error", reject);
    sent.end(more.body);
  });
/** Goes in by a fresh address. @returns the cookie, and the origin to ask from then on. */
const enter = async (backend: string, wish: Partial<OpenPortRequest> = {}) => {
  const url = await open(backend, wish);
  const answer = await ask(url);
  expect(answer.statusCode).toBe(303);
  return { url, cookie: answer.headers["set-cookie"]![0]!.split(";")[0]! };
};

describe.each(BACKENDS)("on %s", (backend) => {
  const inside = async (script: string) => {
    const { code, stderr } = await rig.exec(idOf(backend), "web", script);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  };

  test("a port on which nothing listens says so, and looks again by itself", async () => {
    const { url, cookie } = await enter(backend);
    const answer = await ask(new URL("/", url), cookie);
    expect(answer.statusCode).toBe(502);
    expect(answer.text).toContain("Nothing answers on port 8080 of web");
    expect(answer.text).toContain('http-equiv="refresh"');
  });

  test("a private port is open to the browser that came by its address, which works once", async () => {
    await inside(
      "sudo systemd-run -q --collect --unit=service python3 /opt/service.py 8080; for t in $(seq 50); do ss -Hltn 'sport = :8080' | grep -q . && break; sleep 0.2; done",
    );
    const url = await open(backend);
    expect((await ask(new URL("/", url))).statusCode).toBe(403);
    const first = await ask(url);
    expect(first.headers["location"]).toBe("/");
    const cookie = first.headers["set-cookie"]![0]!;
    expect(cookie).toContain("HttpOnly");
    expect((await ask(url)).statusCode).toBe(403);
    const answer = await ask(new URL("/a/path?b=c", url), cookie.split(";")[0]);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ path: "/a/path?b=c", method: "GET" });
  });

  test("the service gets the request as it was sent, without our cookie; its answer may stand in a frame", async () => {
    const { url, cookie } = await enter(backend);
    const answer = await ask(new URL("/form", url), `session=theirs; ${cookie}`, {
      method: "POST",
      body: "a=1",
    });
    const { headers, body, method } = JSON.parse(answer.text);
    expect({ body, method }).toEqual({ body: "a=1", method: "POST" });
    expect(headers.cookie).toBe("session=theirs");
    expect(headers.host).toBe(url.host);
    expect(answer.headers["x-frame-options"]).toBeUndefined();
    expect(answer.headers["content-security-policy"]).toBe("default-src 'self'");
    expect(answer.headers["set-cookie"]).toEqual(["mine=1; Path=/"]);
  });

  test("a public port needs no cookie; Host and path are rewritten as asked", async () => {
    const url = await open(backend, {
      public: true,
      hostRewrite: "shop.example",
      pathRewrite: "/base/",
    });
    const { path, headers } = JSON.parse((await ask(new URL("/x", url))).text);
    expect({ path, host: headers.host }).toEqual({ path: "/base/x", host: "shop.example" });
  });

  test("WebSockets go through, with the cookie only", async () => {
    const { url, cookie } = await enter(backend);
    const dial = (headers: Record<string, string>) =>
      new WebSocket(`ws://127.0.0.1:${rig.ports.terminal}/echo`, {
        headers: { host: url.host, ...headers },
      });
    const refused = dial({});
    const code = await new Promise((done) =>
      refused.once("unexpected-response", (_, answer) => done(answer.statusCode)),
    );
    refused.on("error", () => undefined).terminate();
    expect(code).toBe(403);
    const socket = dial({ cookie });
    const echo = await new Promise<string>((done, failed) => {
      socket.once("open", () => socket.send("ping me"));
      socket.once("message", (data) => done(String(data)));
      socket.once("error", failed);
    });
    expect(echo).toBe("ping me");
    socket.terminate();
  });

  test("open ports are listed; one that is closed refuses at once, and what went through it is cut off", async () => {
    const before = (await listed(backend)).map(({ id }) => id);
    const wish = { port: 8080, public: true, hostRewrite: "closing.example" };
    const { id, url } = await openPort(backend, wish);
    const other = await open(backend, { ...wish, hostRewrite: "other.example" });
    const found = (await listed(backend)).filter((one) => !before.includes(one.id));
    expect(found[0]).toMatchObject({ ...wish, id, url, machine: "web", tls: false });
    expect(found[0]!.openedMs).toBeGreaterThan(0);
    expect(found.map((one) => one.url)).toEqual([url, String(other)]);
    const wire = (address: URL) =>
      new Promise<Socket>((done, failed) => {
        const sent = request({
          ...hello(rig.ports.terminal),
          path: "/echo",
          headers: {
            host: address.host,
            connection: "upgrade",
            upgrade: "websocket",
            "sec-websocket-key": "x3JJHMbDL1EzLkh9GBhXDw==",
          },
        });
        sent.once("upgrade", (_, socket) => done(socket as Socket));
        sent.once("error", failed).end();
      });
    const [cut, stays] = await Promise.all([wire(new URL(url)), wire(other)]);
    const ended = new Promise((done) => cut.once("error", () => undefined).once("close", done));
    await close(backend, id);
    await ended;
    expect((await ask(new URL(url))).statusCode).toBe(404);
    expect((await ask(other)).statusCode).toBe(200);
    // The other port's connection still carries: a frame goes in, and its echo comes back.
    const echo = new Promise<Buffer>((done) => stays.once("data", done));
    stays.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    expect(String((await echo).subarray(2))).toBe("hi");
    stays.destroy();
    // The same as once, and of a port that was never there.
    await close(backend, id);
    await close(backend, "0".repeat(32));
    const again = await openPort(backend, wish);
    expect(again.id).not.toBe(id);
    for (const one of (await listed(backend)).filter((port) => !before.includes(port.id)))
      await close(backend, one.id);
    expect((await listed(backend)).map((one) => one.id)).toEqual(before);
  });

  test("a port that was closed stays closed over kill -9 of hostd", async () => {
    const { id, url } = await openPort(backend, { public: true, hostRewrite: "killed.example" });
    expect((await ask(new URL(url))).statusCode).toBe(200);
    await close(backend, id);
    await rig.kill();
    await rig.start();
    const { url: kept, id: other } = await openPort(backend, { public: true });
    await until("the play is taken up", async () => (await ask(new URL(kept))).statusCode === 200);
    expect((await ask(new URL(url))).statusCode).toBe(404);
    expect((await listed(backend)).map((one) => one.id)).not.toContain(id);
    await close(backend, other);
  });

  test("a service that speaks TLS with a certificate of its own is reached", async () => {
    await inside(
      `sudo openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=web -keyout /root/key -out /root/cert 2>/dev/null
       sudo sh -c 'cat /root/key /root/cert > /root/both'
       sudo systemd-run -q --collect python3 /opt/service.py 8443 /root/both; for t in $(seq 50); do ss -Hltn 'sport = :8443' | grep -q . && break; sleep 0.2; done`,
    );
    const { url, cookie } = await enter(backend, { port: 8443, tls: true });
    const { path } = JSON.parse((await ask(new URL("/safe", url), cookie)).text);
    expect(path).toBe("/safe");
  }, 120_000);

  test("addresses stay over a restart of hostd, and what is wrong is refused in words", async () => {
    const { url, cookie } = await enter(backend);
    await rig.kill();
    await rig.start();
    await until("the play is taken up", async () => {
      const answer = await ask(new URL("/again", url), cookie);
      return answer.statusCode === 200;
    });
    expect((await open(backend)).host).toBe(url.host);
    const refused = (wish: Partial<OpenPortRequest>) =>
      open(backend, wish).then(String, (error: Error) => error.message);
    expect(await refused({ machine: "nobody" })).toContain("has no machine nobody");
    expect(await refused({ port: 70_000 })).toContain("70000 is no port");
    expect(await refused({ hostRewrite: "a\r\nb" })).toContain("hostRewrite is no host name");
    for (let port = 1; port <= 17; port++) await open(backend, { port });
    expect(await refused({ port: 99 })).toContain("20 open ports at most");
    expect((await ask(new URL(`http://${"0".repeat(32)}${SUFFIX}/`))).statusCode).toBe(404);
  });

  test("nothing in the machine reaches the play's own side of its network by it", async () => {
    // The way is open from there only: not to what hostd's namespace might offer.
    const { stdout } = await rig.exec(
      idOf(backend),
      "web",
      'for p in 22 80 111 8080; do timeout 2 bash -c "echo > /dev/tcp/10.9.0.254/$p" 2>/dev/null && echo $p; done; true',
    );
    expect(stdout).toBe("");
  });

  test("with the play its ports go", async () => {
    const url = await open(backend, {
      public: true,
      hostRewrite: "shop.example",
      pathRewrite: "/base/",
    });
    await rig.call("destroyPlay", { play: idOf(backend) });
    expect((await ask(new URL("/", url))).statusCode).toBe(404);
  });
});
