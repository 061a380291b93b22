import { request as httpRequest } from "node:http";
import { expect } from "vitest";
import { WebSocket } from "ws";
import type { Browser } from "./rig.ts";

// oxlint: any as in Answer of the rig: each test knows the shape of its own.
export type Body = any; // oxlint-disable-line no-explicit-any
/** What a client sends: no content type, no cookie, Basic credentials. */
export class Client {
  readonly #port: number;
  readonly #credentials: string;
  constructor(port: number, id: string, token: string) {
    this.#port = port;
    this.#credentials = id ? `Basic ${Buffer.from(`${id}:${token}`).toString("base64")}` : "";
  }
  /** By node:http: fetch would add a content type of its own to a text. */
  async call(
    method: string,
    path: string,
    body?: object | string,
  ): Promise<{ status: number; text: string; json: Body }> {
    return await new Promise((resolve, reject) => {
      const sent = httpRequest(
        {
          port: this.#port,
          method,
          path,
          headers: {
            "user-agent": "labctl/v0.1.107 (built: now commit: none)",
            ...(this.#credentials && { authorization: this.#credentials }),
          },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => (text += part));
          response.on("end", () => {
            let json: Body;
            try {
              json = JSON.parse(text);
            } catch {
              // A refusal is plain text.
            }
            resolve({ status: response.statusCode!, text, json });
          });
        },
      ).on("error", reject);
      sent.end(
        body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
      );
    });
  }
  async ok(method: string, path: string, body?: object | string): Promise<Body> {
    const answer = await this.call(method, path, body);
    expect(answer.status, answer.text).toBeLessThan(300);
    return answer.json;
  }
}

/** A client that a user let in on the page. */
export async function loggedIn(who: Browser): Promise<Client & { id: string }> {
  const nobody = new Client(who.port, "", "");
  const { id, accessToken, authUrl } = await nobody.ok("POST", "/api/sessions");
  const code = new URL(authUrl).searchParams.get("c");
  const answer = await who.ask(`mutation($i: ID!, $c: String!) { letClientIn(id: $i, code: $c) }`, {
    i: id,
    c: code,
  });
  expect(answer.errors).toBeUndefined();
  return Object.assign(new Client(who.port, id, accessToken), { id });
}

export interface Message {
  kind: string;
  task?: { name: string; init: boolean; helper: boolean; status: number };
  status?: {
    stateEvents: { state: string }[];
    machines: { state: string; conditions: { status: string }[] }[];
  };
}
/** Dials as the client does: a malformed origin and nothing else. */
export function dial(port: number, url: string) {
  const path = new URL(url).pathname;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    origin: "https://cli.http://127.0.0.1:3000",
  });
  const messages: Message[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((done) => socket.on("close", done));
  return { socket, messages, closed };
}
