export type Role = "learner" | "author" | "operator" | "bot";

/** Who asks. */
export interface Viewer {
  id: string;
  handle: string;
  name: string;
  email: string;
  role: Role;
  createdAt: number;
}
