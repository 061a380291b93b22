import {
  ASSET_FIELDS,
  CODE_FIELDS,
  REFERENCE_FIELDS,
  type Asset,
  QUESTIONS,
  type CodeColours,
  type Reference,
  type StartQuestion,
  type TaskInfo,
} from "~/live/types";

/** Content of any kind, as lists show it. */
export interface ContentRow {
  kind: string;
  name: string;
  title: string;
  description: string;
  difficulty: string;
  difficulties: string[];
  categories: string[];
  tags: string[];
  status: string;
  progress: { done: number; total: number } | null;
  points: number;
  solvedBy: number;
  machines: { name: string; noSSH: boolean; defaultUser: string }[];
}
/** A module, lesson, unit or program, as tables of contents show it. */
export interface PartRow {
  kind: string;
  path: string;
  name: string;
  title: string;
  description: string;
  done: boolean;
  markable: boolean;
  references: Reference[];
}
export interface Part extends PartRow {
  body: string;
  code: CodeColours[];
  assets: Asset[];
  tasks: TaskInfo[];
  machines: ContentRow["machines"];
  playKey: string;
  questions: StartQuestion[];
  startable: boolean;
  activePlay: { id: string } | null;
}
/** When a training is on, and how the viewer stands in it. */
export interface TrainingTerms {
  startsAt: string | null;
  endsAt: string | null;
  active: boolean;
  approval: boolean;
  instructors: string[];
  mayEnrol: boolean;
  enrolment: "waiting" | "in" | "refused" | null;
  teaches: boolean;
}
export interface Content extends ContentRow {
  cover: string;
  author: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  readable: boolean;
  body: string;
  code: CodeColours[];
  assets: Asset[];
  references: Reference[];
  related: ContentRow[];
  tasks: TaskInfo[];
  playKey: string;
  questions: StartQuestion[];
  startable: boolean;
  unavailable: string | null;
  activePlay: { id: string } | null;
  markable: boolean;
  parts: PartRow[];
  training: TrainingTerms | null;
}

export const ROW =
  "kind name title description difficulty difficulties categories tags status progress { done total } points solvedBy machines { name noSSH defaultUser }";
const PLAYABLE = `tasks { name title machine kind needs input } machines { name noSSH defaultUser } playKey ${QUESTIONS} startable activePlay { id }`;
export const PART_ROW = `kind path name title description done markable references { ${REFERENCE_FIELDS} }`;
export const PART = `${PART_ROW} body code { ${CODE_FIELDS} } assets { ${ASSET_FIELDS} } ${PLAYABLE}`;
export const CONTENT = `${ROW} cover author createdAt updatedAt readable body code { ${CODE_FIELDS} } assets { ${ASSET_FIELDS} } references { ${REFERENCE_FIELDS} } related { ${ROW} } ${PLAYABLE} unavailable markable training { startsAt endsAt active approval instructors mayEnrol enrolment teaches } parts { ${PART_ROW} }`;

/** What people call a kind: one, several. */
export const KIND_WORDS: Record<string, [string, string]> = {
  challenge: ["Challenge", "Challenges"],
  tutorial: ["Tutorial", "Tutorials"],
  "skill-path": ["Skill path", "Skill paths"],
  course: ["Course", "Courses"],
  training: ["Training", "Trainings"],
  roadmap: ["Roadmap", "Roadmaps"],
  playground: ["Playground", "Playgrounds"],
  vendor: ["Vendor", "Vendors"],
  "blog-post": ["Blog post", "Blog posts"],
  "shell-gym": ["Shell gym", "Shell gyms"],
};
