import type { Checkpoint, PlayState, SolveView, TaskView } from "./models/play.ts";
import type { Published } from "./variables.ts";

/** What one event changed, as subscribers get it. */
export interface PlayDelta {
  task?: { name: string } & TaskView;
  /** Outputs that variables of the text name. */
  published?: Record<string, Published>;
  machine?: { name: string; state: string; message: string; ready?: boolean };
  state?: PlayState;
  reason?: string;
  readyAt?: number | null;
  endedAt?: number | null;
  solve?: SolveView;
  expiresAt?: number;
  /** More than fits into a delta: readers take the whole view. */
  whole?: boolean;
  stoppedAt?: number | null;
  stoppedMs?: number;
  idle?: { stopsAt: number | null };
  checkpoints?: Checkpoint[];
}
