import { ask } from "./ask";

/** Changes that a page remembers; api takes no more. */
const KEPT = 64;

/** Unix ms with fractions, by the browser's clock. */
export const instant = () => performance.timeOrigin + performance.now();

interface Change {
  version: number;
  task: string;
  state: number;
  sentAt: number;
  receivedAt: number;
}

/** When this page got its last task changes and showed them. Told only when somebody traces the play. */
export function sightings(play: string) {
  const kept: (Change & { domAt: number | null })[] = [];
  return {
    /** Call right after the change was drawn. The instant counts only when a node of the graph shows it. */
    saw(change: Change): void {
      const at = instant();
      const shown = document.querySelector(
        `[data-testid="task-node"][data-task="${CSS.escape(change.task)}"][data-state="${change.state}"]`,
      );
      kept.push({ ...change, domAt: shown ? at : null });
      if (kept.length > KEPT) kept.shift();
    },
    /** Answers a request that came with an update. */
    answer(request: string, sentAt: number, receivedAt: number): void {
      ask(
        "mutation($play: ID!, $request: ID!, $clock: TraceClock!, $sightings: [SightingInput!]!) { reportTrace(play: $play, request: $request, clock: $clock, sightings: $sightings) }",
        { play, request, clock: { sentAt, receivedAt, answeredAt: instant() }, sightings: kept },
      ).catch(() => undefined); // the trace then says that no page answered
    },
  };
}
