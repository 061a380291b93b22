/** An error that the arena's api explained: its code and what to do. */
export class AskError extends Error {
  readonly code: string;
  readonly help: string;
  constructor(message: string, code: string, help: string) {
    super(message);
    this.code = code;
    this.help = help;
  }
}

/** One GraphQL operation over HTTP. @throws AskError */
export async function ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
  let answer: {
    data?: T | null;
    errors?: { message: string; extensions?: { code?: string; help?: string } }[];
  };
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
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
