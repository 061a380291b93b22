import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Content } from "../content.ts";
import type { Live } from "../live.ts";
import { versionOf, type PlayDoc } from "../models/play.ts";
import type { Store } from "../models/store.ts";
import { playStatus, playTasks, type PlayTask } from "./shapes.ts";

/** Milliseconds in which an address may be dialled: clients try ten times over minutes. */
const DIALS = 15 * 60_000;
/** Milliseconds of silence after which the status is told again: some waits look only at a message. */
const REPEAT = 2_500;
const PING = 30_000;
/** Milliseconds between a final status and the close frame, so that the one is read before the other. */
const FAREWELL = 2_000;
/** Connections of one process, and of one play. */
const BOUNDS = { all: 1_000, play: 20 } as const;

/** What is told over Redis of a play; see PlayViews. */
interface News {
  task?: { name: string };
}

/** Play connections of existing clients: tasks and states of one play, as they happen. */
export class Connections {
  readonly #store: Store;
  readonly #live: Live;
  readonly #content: Content;
  readonly #secret: string;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 1024,
  });
  readonly #open = new Map<string, number>();

  constructor(parts: { store: Store; live: Live; content: Content; secret: string }) {
    this.#store = parts.store;
    this.#live = parts.live;
    this.#content = parts.content;
    this.#secret = parts.secret;
  }

  #sign(text: string): Buffer {
    return createHmac("sha256", this.#secret).update(`play connection ${text}`).digest();
  }

  /** A secret of one play for this purpose alone. */
  token(play: string, now = Date.now()): string {
    const what = `${play}.${(now + DIALS).toString(36)}`;
    return `${what}.${this.#sign(what).toString("base64url")}`;
  }

  /** The play that a token is of; null when it is none, or too old. */
  playOf(token: string, now = Date.now()): string | null {
    const [play = "", until = "", given = ""] = token.split(".");
    const right = this.#sign(`${play}.${until}`);
    const signed = Buffer.from(given, "base64url");
    if (signed.length !== right.length || !timingSafeEqual(signed, right)) return null;
    return now < Number.parseInt(until, 36) ? play : null;
  }

  /** An upgrade of `/api/conns/TOKEN`; refused ones are answered before they are sockets. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = (request.url ?? "").split("?")[0]!.slice("/api/conns/".length);
    const play = this.playOf(token);
    const full =
      this.#sockets.clients.size >= BOUNDS.all || (this.#open.get(play ?? "") ?? 0) >= BOUNDS.play;
    if (!play || full) {
      socket.end(`HTTP/1.1 ${play ? "503 Service Unavailable" : "403 Forbidden"}\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      this.#open.set(play, (this.#open.get(play) ?? 0) + 1);
      ws.once("close", () => {
        const left = (this.#open.get(play) ?? 1) - 1;
        if (left) this.#open.set(play, left);
        else this.#open.delete(play);
      });
      // A reset is how clients leave.
      ws.on("error", () => undefined);
      this.#tell(ws, play).catch(() => ws.close(1011));
    });
  }

  async #tell(ws: WebSocket, id: string): Promise<void> {
    // Listening begins before the first look, so that nothing falls between them.
    const { queue, close } = this.#live.listen(`play:${id}`);
    const ping = setInterval(() => ws.ping(), PING);
    ws.once("close", () => {
      clearInterval(ping);
      close();
      queue.push({});
    });
    const told = new Map<string, string>();
    const send = (message: object) => {
      if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
    };
    const sendTask = (task: PlayTask) => {
      const text = JSON.stringify(task);
      if (told.get(task.name) === text) return;
      told.set(task.name, text);
      send({ kind: "task", task });
    };
    while (ws.readyState === ws.OPEN) {
      const play = await this.#store.plays
        .findById(id)
        .lean<PlayDoc>()
        .catch(() => undefined);
      // While the store is away nothing is said, and the connection stays.
      if (play === null) return ws.close(1000);
      if (play) {
        for (const task of Object.values(playTasks(play))) sendTask(task);
        send({ kind: "status", status: playStatus(play, await this.#machines(play)) });
        if (play.view.state === "DESTROYED" || play.view.state === "FAILED") {
          await new Promise((done) => setTimeout(done, FAREWELL));
          if (play.view.state === "DESTROYED") return ws.close(1000);
        }
      }
      const next = await queue.next(REPEAT);
      // News are told before the view is written: what is read a moment later has it.
      if (typeof next === "object" && (next.item as News).task)
        await this.#written(id, (next.item as { version?: number }).version ?? 0);
    }
  }

  /** Waits until the view holds an event, a second at most: the next repeat tells it otherwise. */
  async #written(id: string, version: number): Promise<void> {
    for (let attempt = 0; attempt < 20; attempt++) {
      const play = await this.#store.plays
        .findById(id)
        .select({ foldedTo: 1 })
        .lean<Pick<PlayDoc, "foldedTo">>()
        .catch(() => null);
      if (!play || play.foldedTo >= version) return;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async #machines(play: PlayDoc): Promise<string[]> {
    const challenge = await this.#content.version(versionOf(play), play.challenge);
    const names = challenge?.playground.machines.map(({ name }) => name);
    return names?.length ? names : Object.keys(play.view.machines);
  }

  /** Says goodbye: a client takes a reset for a reason to crash. */
  close(): void {
    for (const client of this.#sockets.clients) client.close(1001);
  }
}
