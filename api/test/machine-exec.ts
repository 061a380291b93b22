import { WebSocket } from "ws";
import type { Browser } from "./rig.ts";

const OPEN = `mutation($p: ID!, $m: String!) { openExec(play: $p, machine: $m, user: "root") { url } }`;

/**
 * What a script prints in a machine of a play, run by root, the way that bots take; the same on every backend.
 * @param terminal port of the host's terminals.
 * @throws Error when it does not end with 0.
 */
export async function execIn(
  browser: Browser,
  terminal: number,
  play: string,
  machine: string,
  script: string,
): Promise<string> {
  const { data, errors } = await browser.ask(OPEN, { p: play, m: machine });
  if (errors) throw new Error(errors[0]?.message);
  const { url } = data["openExec"] as { url: string };
  const socket = new WebSocket(new URL(url, `ws://127.0.0.1:${terminal}`));
  const said = ["", ""];
  let code: number | undefined;
  socket.on("open", () => {
    socket.send(Buffer.concat([Buffer.of(0), Buffer.from(script)]));
    socket.send(Buffer.of(3));
  });
  socket.on("message", (raw: Buffer) => {
    const body = raw.subarray(1);
    if (raw[0] !== 2) {
      said[raw[0]!] += body.toString();
      const seen = Buffer.alloc(5);
      seen[0] = 2;
      seen.writeUInt32BE(body.length, 1);
      socket.send(seen);
      return;
    }
    const told = JSON.parse(body.toString()) as { type: string; code?: number };
    if (told.type !== "exit") return;
    code = told.code;
    socket.close();
  });
  await new Promise((done, failed) => socket.once("close", done).once("error", failed));
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${said[1]}`);
  return said[0]!;
}
