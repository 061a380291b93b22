import { isRange, PublicRanges } from "../egress/ranges.ts";
import type { FetchRules } from "./fetch-file.ts";

/** Reads AGON_SOURCES_EXCEPT, and where the arena is. @throws Error when it is wrong. */
export function fetchRules(env: Record<string, string | undefined>): FetchRules {
  const except = (env["AGON_SOURCES_EXCEPT"] ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  for (const one of except)
    if (!isRange(one)) throw new Error(`AGON_SOURCES_EXCEPT: ${one} is no network with a mask`);
  const arena = URL.parse(env["AGON_JOIN_URL"] ?? "")?.origin;
  return { ranges: new PublicRanges(except), arena };
}
