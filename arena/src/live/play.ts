import { createSignal, onCleanup } from "solid-js";
import { createStore, produce, reconcile } from "solid-js/store";
import { ask } from "./ask";
import { createConnection } from "./connection";
import { instant, sightings } from "./sightings";
import { takeSeed } from "./seed";
import { subscribe } from "./socket";
import {
  PLAY_FIELDS,
  TASK_FIELDS,
  type Checkpoint,
  type Play,
  type PlayMachine,
  type PlayTask,
  type Solve,
} from "./types";

interface Update {
  version: number;
  snapshot: Play | null;
  task: PlayTask | null;
  machine: PlayMachine | null;
  variables: Play["variables"] | null;
  state: string | null;
  reason: string | null;
  readyAt: string | null;
  endedAt: string | null;
  solve: Solve | null;
  expiresAt: string | null;
  stoppedAt: string | null;
  stoppedMs: number | null;
  idle: { stopsAt: string | null } | null;
  checkpoints: Checkpoint[] | null;
  sentAt: number;
  trace: string | null;
}

/** Whether news of a task follow what is known: within a generation its state never decreases. */
function isNewer(news: PlayTask, known: PlayTask): boolean {
  if (news.generation !== known.generation) return news.generation > known.generation;
  return news.state >= known.state;
}

/** Milliseconds of silence after which a page asks by HTTP. */
const ASK = 10_000;

/** A play as it is: a snapshot, then changes; asks by HTTP when the stream is silent. */
export function livePlay(id: string) {
  const [store, setStore] = createStore<{ play: Play | null }>({ play: null });
  const link = createConnection();
  const [problem, setProblem] = createSignal("");
  const seen = sightings(id);
  let version = -1;
  const take = (snapshot: Play) => {
    if (snapshot.version < version) return;
    version = snapshot.version;
    setStore("play", reconcile(snapshot, { key: "name" }));
  };
  const refetch = () =>
    ask<{ play: Play | null }>(`query($id: ID!) { play(id: $id) { ${PLAY_FIELDS} } }`, { id }).then(
      ({ play }) =>
        play
          ? (setProblem(""), take(play))
          : setProblem("This play does not exist, or it is somebody else's."),
      (error: Error) => void (store.play === null && setProblem(error.message)),
    );
  const seed = takeSeed(id);
  // The stream begins with the whole play: it is asked for only where nothing is known yet.
  if (seed) take(seed);
  else void refetch();
  const stop = subscribe<{ play: Update }>(
    `subscription($id: ID!) { play(id: $id) { version snapshot { ${PLAY_FIELDS} } task { ${TASK_FIELDS} } machine { name state message ready } variables { name value } state reason readyAt endedAt solve { points firstSolve at seconds hintCost } expiresAt stoppedAt stoppedMs idle { stopsAt } checkpoints { id task title at missed } sentAt trace } }`,
    { id },
    ({ play: update }) => {
      const receivedAt = instant();
      link.heard();
      if (update.trace) return seen.answer(update.trace, update.sentAt, receivedAt);
      if (update.snapshot) {
        version = -1;
        take(update.snapshot);
        return;
      }
      const changed =
        update.task ||
        update.machine ||
        update.variables ||
        update.state ||
        update.solve ||
        update.expiresAt ||
        update.idle ||
        update.checkpoints;
      if (!changed) {
        // A heartbeat: another version than ours means that something was missed.
        if (store.play && update.version > version) void refetch();
        return;
      }
      version = Math.max(version, update.version);
      setStore(
        produce((draft) => {
          const play = draft.play;
          if (!play) return;
          play.version = version;
          if (update.task) {
            const index = play.tasks.findIndex((task) => task.name === update.task!.name);
            if (index < 0) play.tasks.push(update.task);
            else if (isNewer(update.task, play.tasks[index]!)) play.tasks[index] = update.task;
            if (update.task.state === 35) play.failed = true;
          }
          if (update.machine) {
            const index = play.machines.findIndex(
              (machine) => machine.name === update.machine!.name,
            );
            if (index < 0) play.machines.push(update.machine);
            else play.machines[index] = update.machine;
          }
          if (update.variables) play.variables = update.variables;
          if (update.state) {
            const { state, reason, readyAt, endedAt, stoppedAt } = update;
            Object.assign(play, { state, reason, readyAt, endedAt, stoppedAt });
            play.stoppedMs = update.stoppedMs ?? play.stoppedMs;
          } else if (update.reason) play.reason = update.reason;
          if (update.idle) play.idleStopsAt = update.idle.stopsAt;
          if (update.checkpoints) play.checkpoints = update.checkpoints;
          if (update.solve) Object.assign(play, { solve: update.solve, completed: true });
          if (update.expiresAt) play.expiresAt = update.expiresAt;
        }),
      );
      // What only a whole play tells: until when it is kept, and how often its time was extended.
      if (update.state === "STOPPED" || update.state === "STARTING") void refetch();
      if (update.task) {
        const { name: task, state } = update.task;
        seen.saw({ version: update.version, task, state, sentAt: update.sentAt, receivedAt });
      }
    },
    (message) => void (store.play === null && setProblem(message)),
  );
  const watch = setInterval(() => {
    if (link.silence() > ASK) void refetch();
  }, 3_000);
  onCleanup(() => {
    stop();
    clearInterval(watch);
  });
  return {
    play: () => store.play,
    problem,
    connection: link.connection,
    /** The content stands as it was. */
    stale: () => ["reconnecting", "offline"].includes(link.connection().state),
    refetch,
  };
}
