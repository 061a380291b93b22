import type { ContentProblem } from "~/live/types";

/** Content that an author stored in the arena (api/schema.graphql). */
export interface OwnedContent {
  kind: string;
  name: string;
  title: string;
  author: string;
  version: string;
  revision: number;
  at: string;
  approved: boolean;
  access: { dimension: string; principals: string[] }[];
  problems: ContentProblem[];
  versions: { revision: number; version: string; at: string; by: string }[];
}
export const OWNED =
  "{ ownedContent { kind name title author version revision at approved access { dimension principals } problems { file line column severity code message fix excerpt } versions { revision version at by } } }";
