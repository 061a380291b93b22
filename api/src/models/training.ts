/** Somebody asked to take part in a training. */
export interface EnrolmentDoc {
  /** `<training>:<user>` */
  _id: string;
  training: string;
  user: string;
  handle: string;
  name: string;
  state: EnrolmentState;
  at: number;
  /** Handle of who decided, and when; empty and 0 = nobody had to. */
  decidedBy: string;
  decidedAt: number;
}
export type EnrolmentState = "waiting" | "in" | "refused";

/** When a training is on and who teaches it: what a front page can't say in its file (spec 2). */
export interface TrainingTermsDoc {
  /** Its name. */
  _id: string;
  /** Unix ms; 0 = open. */
  startsAt: number;
  endsAt: number;
  /** Somebody who teaches it lets each student in. */
  approval: boolean;
  /** Handles, beside its author. */
  instructors: string[];
  at: number;
}
