import type { ContentProblem } from "~/live/types";

export interface StudioTask {
  name: string;
  title: string;
  needs: string[];
  completed: number;
  failed: number;
  stoppedHere: number;
  medianSeconds: number | null;
}
export interface StudioVersion {
  version: string;
  plays: number;
  firstAt: string;
  lastAt: string;
}
/** How one published challenge does (api/schema.graphql). */
export interface StudioItem {
  name: string;
  title: string;
  version: string;
  problems: ContentProblem[];
  bots: { batch: string; at: string; passed: number; runs: number; nightly: boolean } | null;
  attempts: number;
  people: number;
  solvers: number;
  medianSeconds: number | null;
  tasks: StudioTask[];
  versions: StudioVersion[];
}
export const STUDIO = `{ studio { name title version problems { file line column severity code message fix excerpt } bots { batch at passed runs nightly } attempts people solvers medianSeconds tasks { name title needs completed failed stoppedHere medianSeconds } versions { version plays firstAt lastAt } } }`;
