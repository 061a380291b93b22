/** Codes of task states (spec 5.1). The number never decreases; 35 and 40 are final. */
export const TaskState = {
  none: 0,
  created: 10,
  blocked: 20,
  running: 30,
  failed: 35,
  completed: 40,
} as const;

/** One of the six codes of {@link TaskState}. */
export type TaskStateCode = (typeof TaskState)[keyof typeof TaskState];

/** The word of a state code, as `x(.needs.T.status)` and the boards print it. */
export function taskStateName(code: number): string {
  return Object.entries(TaskState).find(([, value]) => value === code)?.[0] ?? "none";
}

/** Whether a task may move from one state to another: never backwards, never out of a final state. */
export function mayMove(from: number, to: number): boolean {
  return to > from && from !== TaskState.failed && from !== TaskState.completed;
}
