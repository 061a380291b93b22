import type { Entry } from "./entry.ts";
import { failure } from "./failure.ts";
import type { Library } from "./library.ts";
import type { EnrolmentDoc, EnrolmentState, TrainingTermsDoc } from "./models/training.ts";
import { isDuplicate, type Store } from "./models/store.ts";
import type { Standing, Viewer } from "./viewer.ts";

/** Bounds of trainings. */
export const TRAINING = {
  instructors: 20,
  /** Trainings that one user is in or teaches. */
  ofOne: 200,
  students: 5_000,
};

export interface Terms {
  startsAt: number;
  endsAt: number;
  approval: boolean;
  instructors: string[];
}
export interface Students {
  total: number;
  waiting: number;
  students: EnrolmentDoc[];
}

const OPEN: Terms = { startsAt: 0, endsAt: 0, approval: true, instructors: [] };

/** Whether a training is on at an instant (Unix ms). */
export const isOn = ({ startsAt, endsAt }: Terms, now = Date.now()): boolean =>
  now >= startsAt && (endsAt === 0 || now < endsAt);

/** Who takes part in trainings, and when trainings are on: dates, approval and students live here, not in files. */
export class Enrolments {
  readonly #store: Store;
  readonly #library: Library;

  constructor(store: Store, library: Library) {
    this.#store = store;
    this.#library = library;
  }

  /** What somebody is of trainings right now: lists that say `student:` or `instructor` ask for it. */
  async standing(user: string, handle: string): Promise<Standing> {
    const [taken, taught] = await Promise.all([
      this.#store.enrolments
        .find({ user, state: "in" })
        .limit(TRAINING.ofOne)
        .lean<EnrolmentDoc[]>(),
      this.#store.trainingTerms
        .find({ instructors: handle })
        .limit(TRAINING.ofOne)
        .lean<TrainingTermsDoc[]>(),
    ]);
    const names = taken.map((one) => one.training);
    const terms = names.length
      ? await this.#store.trainingTerms.find({ _id: { $in: names } }).lean<TrainingTermsDoc[]>()
      : [];
    const off = new Set(terms.filter((one) => !isOn(one)).map((one) => one._id));
    return {
      studentOf: names.filter((name) => !off.has(name)),
      teaches: taught.map((one) => one._id),
    };
  }

  async terms(training: string): Promise<Terms> {
    return (
      (await this.#store.trainingTerms.findById(training).lean<TrainingTermsDoc>()) ?? { ...OPEN }
    );
  }

  async of(user: string, training: string): Promise<EnrolmentDoc | null> {
    return this.#store.enrolments.findById(`${training}:${user}`).lean<EnrolmentDoc>();
  }

  /** Asks to take part; who is in, waits or was refused stays so. */
  async enrol(viewer: Viewer, training: Entry): Promise<void> {
    if (!this.#library.may(viewer, "canEnroll", training))
      throw failure("FORBIDDEN", "You may not enrol in this.", "Ask its author for access.");
    const terms = await this.terms(training.name);
    if (terms.endsAt && Date.now() >= terms.endsAt)
      throw failure("BAD_INPUT", "This training is over.", "Ask its author for another date.");
    const total = await this.#store.enrolments.countDocuments({ training: training.name });
    if (total >= TRAINING.students)
      throw failure("LIMIT", "This training is full.", "Ask its author for another date.");
    const at = Date.now();
    const doc: EnrolmentDoc = {
      _id: `${training.name}:${viewer.id}`,
      training: training.name,
      user: viewer.id,
      handle: viewer.handle,
      name: viewer.name,
      state: terms.approval ? "waiting" : "in",
      at,
      decidedBy: "",
      decidedAt: 0,
    };
    try {
      await this.#store.enrolments.collection.insertOne(doc as never);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  /** Takes an own enrolment back; a refusal stays. */
  async leave(viewer: Viewer, training: Entry): Promise<void> {
    await this.#store.enrolments.deleteOne({
      _id: `${training.name}:${viewer.id}`,
      state: { $ne: "refused" },
    });
  }

  /** Lets a student in, or refuses one. @returns the student's id. */
  async decide(
    viewer: Viewer,
    training: Entry,
    handle: string,
    state: EnrolmentState,
  ): Promise<string> {
    this.#mustTeach(viewer, training);
    if (state !== "in" && state !== "refused")
      throw failure("BAD_INPUT", `${String(state)} is no decision.`, "Say in or refused.");
    const found = await this.#store.enrolments
      .findOneAndUpdate(
        { training: training.name, handle },
        { $set: { state, decidedBy: viewer.handle, decidedAt: Date.now() } },
      )
      .lean<EnrolmentDoc>();
    if (!found)
      throw failure("NOT_FOUND", `${handle} has not enrolled.`, "They enrol on its page first.");
    return found.user;
  }

  /** Those who wait come first, then the newest. */
  async students(viewer: Viewer, training: Entry, first: number, after: number): Promise<Students> {
    this.#mustTeach(viewer, training);
    const of = { training: training.name };
    const [waiting, total] = await Promise.all([
      this.#store.enrolments.countDocuments({ ...of, state: "waiting" }),
      this.#store.enrolments.countDocuments(of),
    ]);
    const students = await this.#store.enrolments
      .find(of)
      .sort({ state: -1, at: -1 })
      .skip(after)
      .limit(first)
      .lean<EnrolmentDoc[]>();
    return { total, waiting, students };
  }

  async setTerms(viewer: Viewer, training: Entry, terms: Terms): Promise<void> {
    this.#mustTeach(viewer, training);
    const { startsAt, endsAt, approval } = terms;
    const instructors = [...new Set(terms.instructors)];
    if (endsAt && endsAt <= startsAt)
      throw failure("BAD_INPUT", "It ends before it starts.", "Choose a later end.");
    if (instructors.length > TRAINING.instructors)
      throw failure(
        "BAD_INPUT",
        `A training has at most ${TRAINING.instructors} instructors.`,
        "Name fewer.",
      );
    for (const handle of instructors)
      if (!(await this.#store.connection.collection("user").findOne({ handle })))
        throw failure(
          "NOT_FOUND",
          `There is no user ${handle.slice(0, 60)}.`,
          "Name instructors by their handles here.",
        );
    await this.#store.trainingTerms.updateOne(
      { _id: training.name },
      { $set: { startsAt, endsAt, approval, instructors, at: Date.now() } },
      { upsert: true },
    );
  }

  #mustTeach(viewer: Viewer, training: Entry): void {
    if (!this.#library.instructs(viewer, training))
      throw failure(
        "FORBIDDEN",
        "You do not teach this training.",
        "Ask its author to name you as an instructor.",
      );
  }
}
