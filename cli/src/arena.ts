/** What the arena refused or could not do, in its own words. */
export class ArenaError extends Error {
  override readonly name = "ArenaError";
  readonly code: string;
  readonly help: string;
  constructor(message: string, code: string, help: string) {
    super(message);
    this.code = code;
    this.help = help;
  }
}

interface Refused {
  message: string;
  extensions?: { code?: string; help?: string };
}

/** Milliseconds that an answer may take; a dry run lasts as long as its scripts. */
const PATIENCE = 330_000;

/** The arena by its public surface: an address and an API key, nothing else. */
export class Arena {
  readonly endpoint: string;
  readonly #key: string;

  constructor(endpoint: string, key: string) {
    this.endpoint = endpoint.replace(/\/$/, "");
    this.#key = key;
  }

  /** One GraphQL operation. @throws ArenaError */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await this.#post("/graphql", { query, variables });
    const answer = (await response.json()) as { data?: T; errors?: Refused[] };
    if (answer.errors?.[0]) throw refusal(answer.errors[0]);
    return answer.data as T;
  }

  /** Sends JSON; the answer may be of any status below 500. @throws ArenaError when nobody answers. */
  async #post(path: string, body: unknown): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.endpoint}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${this.#key}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw new ArenaError(`${this.endpoint} does not answer`, "UNAVAILABLE", "Run ./agon up");
    }
    if (response.status < 500 && response.headers.get("content-type")?.includes("json"))
      return response;
    throw new ArenaError(
      `The arena answered with ${response.status}`,
      "UNAVAILABLE",
      "See ./agon status",
    );
  }

  /** Sends JSON to a path. @returns its status and what it answered. @throws ArenaError */
  async send<T>(path: string, body: unknown): Promise<{ status: number; answer: T }> {
    const response = await this.#post(path, body);
    const answer = (await response.json()) as T & { errors?: Refused[] };
    if (answer.errors?.[0]) throw refusal(answer.errors[0]);
    return { status: response.status, answer };
  }
}

function refusal({ message, extensions }: Refused): ArenaError {
  return new ArenaError(message, extensions?.code ?? "UNKNOWN", extensions?.help ?? "");
}
