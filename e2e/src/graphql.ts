import { endpoint } from "./content.ts";

/** Asks the arena as nobody, or with a cookie; errors throw with their code. */
export async function ask<T>(
  query: string,
  variables: Record<string, unknown> = {},
  cookie = "",
): Promise<T> {
  const response = await fetch(`${endpoint}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(cookie ? { cookie } : {}) },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as {
    data: T;
    errors?: { message: string; extensions?: { code?: string } }[];
  };
  if (answer.errors?.[0])
    throw new Error(`${answer.errors[0].extensions?.code}: ${answer.errors[0].message}`);
  return answer.data;
}
