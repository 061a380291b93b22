import { isPrincipal, neverMatches } from "@agon/content/access";

/** What each list controls, and for which kinds there is one (spec 9). */
export const DIMENSIONS: { name: string; does: string; kinds?: string[] }[] = [
  { name: "canList", does: "Find it in the catalogue" },
  { name: "canPreview", does: "Read a preview", kinds: ["tutorial", "skill-path"] },
  { name: "canRead", does: "Read it" },
  { name: "canStart", does: "Start a play, mark it complete" },
  { name: "canReadSolution", does: "Read the solution", kinds: ["challenge"] },
  { name: "canEnroll", does: "Enrol", kinds: ["training"] },
  { name: "canReadProgram", does: "Read the whole program", kinds: ["training"] },
  { name: "canPreviewProgram", does: "Read the first unit", kinds: ["training"] },
];

/** What is wrong with a list as it is typed, in words; empty = nothing. */
export function wrongWith(principals: string[]): string {
  if (principals.length === 0) return "Name somebody: owner keeps it to its author.";
  const unknown = principals.find((one) => !isPrincipal(one));
  if (unknown !== undefined)
    return `“${unknown}” is nobody. Write owner, anyone, authenticated, nobody, github:NAME, user:ID, student:TRAINING, instructor or has-pack:NAME.`;
  if (principals.includes("nobody") && principals.length > 1)
    return "nobody denies everyone, its author included: the others count for nothing.";
  return "";
}

/** Entries of a list that let nobody in here, with the reason; empty = all may. */
export function idleIn(principals: string[]): string {
  return principals
    .filter((one) => neverMatches(one) !== "")
    .map((one) => `${one} never matches here, because ${neverMatches(one)}.`)
    .join(" ");
}

/** Principals out of a line that somebody typed. */
export function principalsOf(line: string): string[] {
  return [...new Set(line.split(/[\s,]+/).filter(Boolean))];
}

/** Who finds content, in words. */
export function reach(
  access: { dimension: string; principals: string[] }[],
  approved: boolean,
): string {
  const list = access.find(({ dimension }) => dimension === "canList")?.principals ?? ["owner"];
  if (list.includes("nobody")) return "closed";
  if (list.includes("anyone")) return approved ? "in the catalogue" : "waits for an operator";
  return list.length === 1 && list[0] === "owner" ? "only its author" : "some people";
}
