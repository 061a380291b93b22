/**
 * The servers of a world for tests, started in its network namespace: `world-server.ts KEY CERT ADDRESS…`.
 * At each address: HTTP at 80, 8080 and 25 and HTTPS at 443, which tell where they were asked; echoes
 * by UDP at 53 and 9000. `/big` is 4 MiB.
 */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { once } from "node:events";

const [key = "", cert = "", ...addresses] = process.argv.slice(2);
const big = Buffer.alloc(4 * 2 ** 20, "x");

for (const address of addresses) {
  const answer: RequestListener = (request, response) =>
    void response.end(request.url === "/big" ? big : `world ${address}\n`);
  const servers = [25, 80, 8080].map((port) => createHttp(answer).listen(port, address));
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  const secure = createHttps(tls, answer).listen(443, address);
  await Promise.all([...servers, secure].map((server) => once(server, "listening")));
  for (const port of [53, 9000]) {
    const udp = createSocket("udp4");
    udp.on("message", (message, from) => udp.send(message, from.port, from.address));
    udp.bind(port, address);
    await once(udp, "listening");
  }
}
console.log("ready");
