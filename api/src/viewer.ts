export type Role = "learner" | "author" | "operator" | "bot";

/** What somebody is of trainings, by their names. */
export interface Standing {
  /** Enrolled, let in, and it is on. */
  studentOf: string[];
  /** Named as an instructor; authors teach their own besides. */
  teaches: string[];
}

/** Who asks. */
export interface Viewer extends Partial<Standing> {
  id: string;
  handle: string;
  name: string;
  email: string;
  role: Role;
  createdAt: number;
}
