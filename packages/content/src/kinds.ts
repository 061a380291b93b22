/** Kinds of content that stand alone, with the folder and URL segment of each (spec 1.1). */
export const PLURALS = {
  challenge: "challenges",
  tutorial: "tutorials",
  "skill-path": "skill-paths",
  course: "courses",
  training: "trainings",
  roadmap: "roadmaps",
  playground: "playgrounds",
  vendor: "vendors",
  "blog-post": "blog-posts",
  "shell-gym": "shell-gyms",
} as const;

export type Kind = keyof typeof PLURALS;
/** Everything that is an article; a playground is a manifest. */
export type ArticleKind = Exclude<Kind, "playground">;
/** What only exists inside a course, skill path or training. */
export type PartKind = "module" | "lesson" | "unit" | "program";

export const KINDS = Object.keys(PLURALS) as Kind[];

export const isKind = (text: string): text is Kind => Object.hasOwn(PLURALS, text);

export const isArticleKind = (text: string): text is ArticleKind =>
  isKind(text) && text !== "playground";

/** The kind of a plural, as in folders, URLs and embed maps. */
export function kindOfPlural(plural: string): Kind | undefined {
  return KINDS.find((kind) => PLURALS[kind] === plural);
}
