import { getRequestEvent, isServer } from "solid-js/web";

/** An error that the arena's api explained: its code and what to do. */
export class AskError extends Error {
  readonly code: string;
  readonly help: string;
  constructor(message: string, code: string, help: string) {
    super(message);
    this.code = code;
    this.help = help;
    // What the server could not load travels to the browser with its page: without the server's stack.
    if (isServer) delete this.stack;
  }
}

/** Seconds that a page on the server waits for api; a browser waits for as long as its user does. */
const PATIENCE = 10;

/** Where and as whom: a page on the server asks api itself, with its visitor's cookie and address. */
function way(): { url: string; headers: Record<string, string>; signal?: AbortSignal } {
  if (!isServer) return { url: "/graphql", headers: {} };
  const visitor = getRequestEvent()?.request.headers;
  const headers: Record<string, string> = {};
  for (const name of ["cookie", "x-forwarded-for"]) {
    const value = visitor?.get(name);
    if (value) headers[name] = value;
  }
  return {
    url: `${process.env["AGON_API_URL"]}/graphql`,
    headers,
    signal: AbortSignal.timeout(PATIENCE * 1000),
  };
}

/** One GraphQL operation over HTTP. @throws AskError */
export async function ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
  let answer: {
    data?: T | null;
    errors?: { message: string; extensions?: { code?: string; help?: string } }[];
  };
  try {
    const { url, headers, signal } = way();
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      ...(signal && { signal }),
      body: JSON.stringify({ query, variables }),
    });
    answer = (await response.json()) as typeof answer;
  } catch {
    throw new AskError(
      "The arena does not answer",
      "UNAVAILABLE",
      "Check your connection; this page tries again when you do.",
    );
  }
  const error = answer.errors?.[0];
  if (error)
    throw new AskError(
      error.message,
      error.extensions?.code ?? "UNKNOWN",
      error.extensions?.help ?? "",
    );
  return answer.data as T;
}
