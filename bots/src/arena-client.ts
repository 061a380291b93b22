/** A GraphQL error of the arena, with its code. */
export class ArenaError extends Error {
  readonly code: string;
  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** One task of a play as a client sees it. */
export interface TaskView {
  name: string;
  state: number;
  hint: string | null;
  failure: string | null;
}
/** One play as a client sees it. */
export interface PlayView {
  id: string;
  state: string;
  reason: string | null;
  backend: string | null;
  completed: boolean;
  failed: boolean;
  tasks: TaskView[];
}

const PLAY = "id state reason backend completed failed tasks { name state hint failure }";
/** Tries again for this long while the arena's control plane restarts. */
const PATIENCE_MS = 30_000;

/** An ordinary client of the arena: it knows an endpoint and an API key, nothing else. */
export class ArenaClient {
  readonly endpoint: string;
  readonly #key: string;

  constructor(endpoint: string, key: string) {
    this.endpoint = endpoint.replace(/\/$/, "");
    this.#key = key;
  }

  /** Sends one operation; waits out a restart of the api for up to 30 s. */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        const response = await fetch(`${this.endpoint}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${this.#key}` },
          body: JSON.stringify({ query, variables }),
          signal: AbortSignal.timeout(30_000),
        });
        const answer = (await response.json()) as {
          data?: T;
          errors?: { message: string; extensions?: { code?: string } }[];
        };
        const error = answer.errors?.[0];
        if (error) throw new ArenaError(error.message, error.extensions?.code ?? "UNKNOWN");
        if (!answer.data)
          throw new ArenaError(`HTTP ${response.status} without data`, "UNAVAILABLE");
        return answer.data;
      } catch (error) {
        const passing =
          !(error instanceof ArenaError) || error.code === "UNAVAILABLE" || error.code === "LIMIT";
        if (!passing || Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  /** Starts a fresh play: what an interrupted run left of this challenge is ended first. */
  async start(challenge: string, backend = ""): Promise<PlayView> {
    const { myPlays } = await this.ask<{ myPlays: { id: string; challenge: { name: string } }[] }>(
      "{ myPlays(active: true) { id challenge { name } } }",
    );
    for (const left of myPlays) if (left.challenge.name === challenge) await this.end(left.id);
    return (
      await this.ask<{ startPlay: PlayView }>(
        `mutation($c: String!, $b: String) { startPlay(challenge: $c, backend: $b) { ${PLAY} } }`,
        { c: challenge, b: backend },
      )
    ).startPlay;
  }

  async play(id: string): Promise<PlayView> {
    const { play } = await this.ask<{ play: PlayView | null }>(
      `query($id: ID!) { play(id: $id) { ${PLAY} } }`,
      { id },
    );
    if (!play) throw new ArenaError(`play ${id} is gone`, "NOT_FOUND");
    return play;
  }

  /** Evaluation rounds of each task so far, from the author view: rounds alone are no event of a play. */
  async rounds(id: string): Promise<Map<string, number>> {
    const rows = JSON.parse(await this.tasks(id)) as { name: string; rounds: number }[];
    return new Map(rows.map((row) => [row.name, row.rounds]));
  }

  async end(id: string): Promise<void> {
    await this.ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id });
  }

  /** Address of a single-use exec slot. */
  async execSlot(play: string, machine: string, user: string): Promise<string> {
    const { openExec } = await this.ask<{ openExec: { url: string } }>(
      "mutation($p: ID!, $m: String!, $u: String) { openExec(play: $p, machine: $m, user: $u) { url } }",
      { p: play, m: machine, u: user || null },
    );
    return new URL(openExec.url, this.endpoint).href.replace(/^http/, "ws");
  }

  /** The author view of all tasks, as JSON text. */
  async tasks(play: string): Promise<string> {
    return (
      await this.ask<{ playTasks: string }>("query($p: ID!) { playTasks(play: $p) }", { p: play })
    ).playTasks;
  }
}
