import { readFileSync } from "node:fs";
import { join } from "node:path";
import { endpoint } from "./content.ts";

/** Asks as the operator. */
export async function operator<T>(query: string, variables: object = {}): Promise<T> {
  const key = readFileSync(join(process.env["AGON_DIR"] ?? "", "operator-key"), "utf8");
  const response = await fetch(`${endpoint}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data: T; errors?: { message: string }[] };
  if (answer.errors?.[0]) throw new Error(answer.errors[0].message);
  return answer.data;
}
