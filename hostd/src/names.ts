import { createHash } from "node:crypto";

/** Short, stable name of a play or machine for places where length is bounded (socket paths, interfaces). */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** What everything of one host is called: other arenas and hosts may share the kernel and Docker. */
export function hostPrefix(arena: string, host: string): string {
  return `agon-${arena}-${host}`;
}
