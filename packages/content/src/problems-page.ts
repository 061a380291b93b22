import { CODES } from "./codes.ts";

/** The text of docs/problems.md: a section for every code. `npm run docs` in this room writes it. */
export function problemsPage(): string {
  const sections = Object.entries(CODES).map(
    ([code, { title, text }]) => `## ${code}\n\n**${title}.** ${text}\n`,
  );
  return `# Problems of content

What \`./agon content lint\` and the operator's page of content problems tell, by code. An error keeps content out of the catalogue; a warning does not. Codes keep their meaning. This page is made from \`packages/content/src/codes.ts\`.

${sections.join("\n")}`;
}
