import { createMemo, createSignal } from "solid-js";
import { now, span } from "~/live/clock";
import type { Play, PlayTask, TaskInfo } from "~/live/types";
import { fold, groupsOf, worst, type Group } from "./fold";
import { layout } from "./layout";
import { stateWord } from "./state";
import { changedAfter, unchangedFor } from "./task-time";

/** A play's regular tasks as nodes: where each lies, what state it is in, and the line that says so. */
export function createGraphModel(props: { play: Play; stale: boolean }) {
  const [opened, setOpened] = createSignal<ReadonlySet<string>>(new Set());
  const task = (name: string): PlayTask | undefined =>
    props.play.tasks.find((one) => one.name === name);
  // Titles and needs do not change while a play runs: equal content must not draw the graph anew.
  const tasks = createMemo(
    () => props.play.challenge.tasks.filter((one) => one.kind === "regular"),
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const groups = createMemo(() => groupsOf(tasks()));
  /** Groups in which nothing runs or failed, and which nobody opened. */
  const closed = createMemo(
    () =>
      groups().filter(
        (group) =>
          !opened().has(group.name) &&
          !group.members.some((name) => [30, 35].includes(task(name)?.state ?? 0)),
      ),
    [] as Group[],
    { equals: (a, b) => a.map((one) => one.name).join() === b.map((one) => one.name).join() },
  );
  const group = (name: string) => closed().find((one) => one.name === name);
  const plan = createMemo(() =>
    layout<TaskInfo>(
      fold(tasks(), closed(), (one) => ({
        title: `${tasks().find((some) => some.name === one.members[0])!.title} and ${one.members.length - 1} more`,
      })),
      props.play.challenge.machines.map((machine) => machine.name),
    ),
  );
  const state = (name: string): number => {
    const members = group(name)?.members;
    return members ? worst(members.map((one) => task(one)?.state ?? 0)) : (task(name)?.state ?? 0);
  };
  const word = (name: string) => stateWord(state(name));
  const at = (name: string) => span(changedAfter(props.play, task(name)));
  /** Milliseconds since a task changed. They stand still while the play or the page does. */
  const since = (name: string) => {
    const changed = task(name);
    if (props.stale || !changed?.changedAt) return 0;
    return unchangedFor(props.play, changed, now());
  };
  /** Nothing is checked after a failure, nor on machines that are gone. */
  const gone = () => props.play.state.startsWith("DESTROY") || props.play.state === "FAILED";
  const over = () => props.play.failed || gone();
  /** What a task waits for: told once when it was blocked, and some of it is completed since. */
  const stillOpen = (name: string) =>
    task(name)!.blockedBy.filter((need) => task(need)?.state !== 40);
  const line = (name: string): string => {
    const members = group(name)?.members;
    if (members)
      return `${members.filter((one) => task(one)?.state === 40).length} of ${members.length} completed`;
    const known = task(name);
    switch (known?.state ?? 0) {
      case 10:
        return over() ? "Not checked any more" : "Created";
      case 20:
        return over()
          ? "Not checked any more"
          : `Blocked by ${stillOpen(name).length || ""}`.trim();
      case 30:
        if (over()) return "Not checked any more";
        return `Running ${span(since(name))}, not yet`;
      case 35:
        return `Failed at ${at(name)}`;
      case 40:
        return `Completed at ${at(name)}`;
      default:
        return over() ? "Not checked any more" : "Machine is starting";
    }
  };
  const title = (name: string) => tasks().find((one) => one.name === name)?.title ?? name;
  const done = () => tasks().filter((one) => task(one.name)?.state === 40).length;
  /** Unfolds a group. */
  const open = (name: string) => setOpened(new Set([...opened(), name]));
  return { task, tasks, group, plan, state, word, since, gone, stillOpen, line, title, done, open };
}

export type GraphModel = ReturnType<typeof createGraphModel>;
