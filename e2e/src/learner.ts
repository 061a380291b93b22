import { WebSocket } from "ws";
import { endpoint } from "./content.ts";
import { ask } from "./graphql.ts";

/** A learner without a browser: the same HTTP and WebSocket surface. */
export class Learner {
  readonly handle: string;
  readonly cookie: string;
  private constructor(handle: string, cookie: string) {
    this.handle = handle;
    this.cookie = cookie;
  }

  static async signUp(handle: string): Promise<Learner> {
    const response = await fetch(`${endpoint}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: endpoint },
      body: JSON.stringify({
        email: `${handle}@example.test`,
        password: "correct horse 7",
        name: handle,
        handle,
      }),
    });
    if (!response.ok) throw new Error(`sign up: HTTP ${response.status} ${await response.text()}`);
    return new Learner(
      handle,
      response.headers
        .getSetCookie()
        .map((one) => one.split(";")[0])
        .join("; "),
    );
  }

  ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    return ask<T>(query, variables, this.cookie);
  }

  async start(challenge: string): Promise<string> {
    return (
      await this.ask<{ startPlay: { id: string } }>(
        "mutation($c: String!) { startPlay(challenge: $c) { id } }",
        { c: challenge },
      )
    ).startPlay.id;
  }

  /** State codes of a play's tasks by name; empty while the control plane is away. */
  async tasks(play: string): Promise<Record<string, number>> {
    try {
      const answer = await this.ask<{ play: { tasks: { name: string; state: number }[] } }>(
        "query($id: ID!) { play(id: $id) { tasks { name state } } }",
        { id: play },
      );
      return Object.fromEntries(answer.play.tasks.map((task) => [task.name, task.state]));
    } catch (error) {
      if (process.env["DEBUG"]) console.log((error as Error).message);
      return {};
    }
  }

  /** Runs a text with bash in a machine of their play. */
  async exec(
    play: string,
    machine: string,
    text: string,
    user?: string,
  ): Promise<{ code: number; out: string; err: string }> {
    const { openExec } = await this.ask<{ openExec: { url: string } }>(
      "mutation($p: ID!, $m: String!, $u: String) { openExec(play: $p, machine: $m, user: $u) { url } }",
      { p: play, m: machine, u: user ?? null },
    );
    const socket = new WebSocket(new URL(openExec.url, endpoint).href.replace(/^http/, "ws"));
    const result = { code: -1, out: "", err: "" };
    socket.on("open", () => {
      socket.send(Buffer.concat([Buffer.of(0), Buffer.from(text)]));
      socket.send(Buffer.of(3));
    });
    socket.on("message", (raw: Buffer) => {
      const body = raw.subarray(1).toString();
      if (raw[0] === 0) result.out += body;
      else if (raw[0] === 1) result.err += body;
      else {
        const control = JSON.parse(body) as { type: string; code?: number };
        if (control.type === "exit") {
          result.code = control.code ?? -1;
          socket.close();
        }
        return;
      }
      const ack = Buffer.alloc(5);
      ack[0] = 2;
      ack.writeUInt32BE(raw.length - 1, 1);
      socket.send(ack);
    });
    await new Promise((done, failed) => socket.once("close", done).once("error", failed));
    return result;
  }

  /** Opens (or attaches to) a terminal; `text()` is everything that it printed. */
  async terminal(
    play: string,
    machine: string,
    session?: string,
  ): Promise<{
    session: string;
    type: (text: string) => void;
    text: () => string;
    close: () => void;
  }> {
    const { openTerminal } = await this.ask<{ openTerminal: { url: string; session: string } }>(
      "mutation($p: ID!, $m: String!, $s: String) { openTerminal(play: $p, machine: $m, session: $s) { url session } }",
      { p: play, m: machine, s: session ?? null },
    );
    const socket = new WebSocket(new URL(openTerminal.url, endpoint).href.replace(/^http/, "ws"));
    let text = "";
    socket.on("message", (raw: Buffer) => {
      if (raw[0] === 0) {
        text += raw.subarray(1).toString();
        const ack = Buffer.alloc(5);
        ack[0] = 2;
        ack.writeUInt32BE(raw.length - 1, 1);
        socket.send(ack);
      }
    });
    socket.on("error", () => {});
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return {
      session: openTerminal.session,
      type: (line) => socket.send(Buffer.concat([Buffer.of(0), Buffer.from(line)])),
      text: () => text,
      close: () => socket.close(),
    };
  }
}
