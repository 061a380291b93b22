/** Bytes of a learner's input at most (spec 10.2, Q9). */
export const INPUT_BYTES = 4_096;
