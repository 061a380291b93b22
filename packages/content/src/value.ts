/** A map, or an empty one. */
export function asMap(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** A list; a scalar counts as a list of one (spec 4.2). */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value)
    ? value
    : value === undefined || value === null || value === ""
      ? []
      : [value];
}

/** Text of a scalar; empty when absent. */
export function asText(value: unknown): string {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : "";
}

/** Bytes of `512MiB`, `2GiB`, `1Gi`, `4G`: every spelling is binary (spec, general rules). */
export function asBytes(value: unknown, fallback: number): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(asText(value).trim());
  if (!match) return fallback;
  return Math.round(Number(match[1]) * 1024 ** " kmgt".indexOf(match[2]!.toLowerCase() || " "));
}
