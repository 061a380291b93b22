/** States of a play that hostd tells, each with those that it may follow. What is not listed is not told. */
const FOLLOWS: Record<string, readonly string[]> = {
  CREATED: [""],
  WARMING_UP: ["CREATED"],
  RUNNING: ["CREATED", "WARMING_UP", "STARTING"],
  STOPPING: ["RUNNING", "STARTING"],
  STOPPED: ["STOPPING"],
  STARTING: ["STOPPED"],
  FAILED: ["", "CREATED", "WARMING_UP", "RUNNING", "STOPPING", "STOPPED", "STARTING"],
};

/** Whether a play may move from one state to another. */
export function mayFollow(from: string, to: string): boolean {
  return FOLLOWS[to]?.includes(from) ?? false;
}

/** Machines are kept, or are being brought to rest: nothing of them may be started. */
export function atRest(state: string): boolean {
  return state === "STOPPING" || state === "STOPPED";
}
