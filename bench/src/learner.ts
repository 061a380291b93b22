import { WebSocket } from "ws";

/** Milliseconds of a request, and of a play's start, at most. */
const REQUEST = 30_000;
const START = 300_000;

/** A user of the arena under test, by its public surface: GraphQL, sign-in and exec slots. */
export class Learner {
  readonly handle: string;
  readonly cookie: string;
  readonly #endpoint: string;

  private constructor(endpoint: string, handle: string, cookie: string) {
    this.#endpoint = endpoint;
    this.handle = handle;
    this.cookie = cookie;
  }

  /** Signs up, or in when an earlier bench made this user; ends plays that it left. */
  static async enter(endpoint: string, handle: string, password: string): Promise<Learner> {
    const post = (path: string) =>
      fetch(`${endpoint}/api/auth/${path}/email`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: endpoint },
        body: JSON.stringify({ email: `${handle}@example.test`, password, name: handle, handle }),
        signal: AbortSignal.timeout(REQUEST),
      });
    let response = await post("sign-up");
    if (!response.ok) response = await post("sign-in");
    if (!response.ok)
      throw new Error(
        `${handle} cannot sign in: HTTP ${response.status} ${await response.text()}\nStart anew with: AGON_DIR=.agon/bench ./agon reset --yes`,
      );
    const cookie = response.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    const learner = new Learner(endpoint, handle, cookie);
    const { myPlays } = await learner.ask<{ myPlays: { id: string }[] }>(
      "{ myPlays(active: true) { id } }",
    );
    for (const { id } of myPlays) await learner.end(id);
    return learner;
  }

  /** One GraphQL operation. @throws with the code and the message of its first error. */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.#endpoint}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: this.cookie },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(REQUEST),
    });
    const answer = (await response.json()) as {
      data: T;
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    const error = answer.errors?.[0];
    if (error) throw new Error(`${error.extensions?.code}: ${error.message}`);
    return answer.data;
  }

  /** Starts a play and waits until it runs. @returns its id */
  async start(challenge: string): Promise<string> {
    const { startPlay } = await this.ask<{ startPlay: { id: string } }>(
      "mutation($c: String!) { startPlay(challenge: $c) { id } }",
      { c: challenge },
    );
    const until = Date.now() + START;
    for (;;) {
      const { play } = await this.ask<{ play: { state: string; reason: string | null } }>(
        "query($id: ID!) { play(id: $id) { state reason } }",
        { id: startPlay.id },
      );
      if (play.state === "RUNNING") return startPlay.id;
      if (play.state === "FAILED" || play.state.startsWith("DESTROY") || Date.now() > until)
        throw new Error(`play ${startPlay.id} is ${play.state}: ${play.reason ?? "too slow"}`);
      await new Promise((done) => setTimeout(done, 500));
    }
  }

  async end(play: string): Promise<void> {
    await this.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: play });
  }

  /** Runs a text with bash in a machine as its default user. @throws when it ends with another code than 0. */
  async exec(play: string, machine: string, text: string): Promise<string> {
    const { openExec } = await this.ask<{ openExec: { url: string } }>(
      "mutation($p: ID!, $m: String!) { openExec(play: $p, machine: $m) { url } }",
      { p: play, m: machine },
    );
    const url = new URL(openExec.url, this.#endpoint).href.replace(/^http/, "ws");
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { handshakeTimeout: REQUEST });
      const output: Record<number, string> = { 0: "", 1: "" };
      let code = 255;
      const timer = setTimeout(() => socket.terminate(), REQUEST);
      // Frames: 0 data (from us: stdin), 1 stderr, 2 control (from us: acknowledgement), 3 end of input.
      socket.on("open", () => {
        socket.send(Buffer.concat([Buffer.of(0), Buffer.from(text)]));
        socket.send(Buffer.of(3));
      });
      socket.on("message", (raw: Buffer) => {
        const body = raw.subarray(1);
        if (raw[0] === 2) {
          const control = JSON.parse(body.toString()) as { type: string; code?: number };
          if (control.type !== "exit") return;
          code = control.code ?? 255;
          socket.close();
          return;
        }
        output[raw[0]!] += body.toString();
        const ack = Buffer.alloc(5);
        ack[0] = 2;
        ack.writeUInt32BE(body.length, 1);
        socket.send(ack);
      });
      socket.on("error", (error) => (output[1] += error.message));
      socket.on("close", () => {
        clearTimeout(timer);
        if (code === 0) resolve(output[0]!);
        else reject(new Error(`exec in ${play} ended with ${code}: ${output[1]!.slice(-500)}`));
      });
    });
  }
}
