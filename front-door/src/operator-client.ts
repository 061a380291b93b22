import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./fault.ts";
import { place } from "./paths.ts";
import { readPlan } from "./state.ts";

/** Asks the arena of this folder as its operator. @throws Fault with the arena's own words. */
export async function askAsOperator<T>(
  query: string,
  variables: Record<string, unknown> = {},
): Promise<T> {
  const here = place();
  const url = readPlan(here)?.services.find((service) => service.name === "gateway")?.address;
  const key = join(here.dir, "operator-key");
  if (!url || !existsSync(key)) throw new Fault("No arena runs here. Run ./agon up first.");
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${readFileSync(key, "utf8")}`,
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  }).catch(() => {
    throw new Fault(`${url} does not answer. Run ./agon up first.`);
  });
  const answer = (await response.json()) as {
    data?: T;
    errors?: { message: string; extensions?: { help?: string } }[];
  };
  const error = answer.errors?.[0];
  if (error) throw new Fault(`${error.message} ${error.extensions?.help ?? ""}`.trim());
  return answer.data as T;
}
