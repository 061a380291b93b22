import { A } from "@solidjs/router";
import { Show, createMemo } from "solid-js";
import { Mark, ThemeButton } from "~/components/icon";
import { LiveState } from "~/components/live-state";
import { playPath } from "~/markdown/addresses";
import { now, span } from "~/live/clock";
import type { Connection } from "~/live/connection";
import type { Play } from "~/live/types";
import { Acts } from "./acts";
import { atRest } from "./at-rest";
import { neverReady } from "./never-ready";
import { ProgressCells } from "./progress-cells";

/** Header of a play: title, progress, time, points, what is left, the line's state, and what can be done with it. */
export function PlayHead(props: {
  play: Play;
  connection: Connection;
  onExtend: () => void;
  onPause: () => void;
  onGoOn: () => void;
  onFork: (checkpoint: string, replace: boolean) => void;
  onRestart: () => void;
  onEnd: () => void;
}) {
  const play = () => props.play;
  const challenge = () => play().challenge;
  const regular = createMemo(() => challenge().tasks.filter((task) => task.kind === "regular"));
  const state = (name: string) => play().tasks.find((task) => task.name === name)?.state ?? 0;
  const done = () => regular().filter((task) => state(task.name) === 40).length;
  const over = () => play().state.startsWith("DESTROY");
  /** Of a solve the recorded time; else from readiness until now or the end, without what it stood still. */
  const time = () => {
    const { solve, readyAt, startedAt, endedAt, stoppedAt, stoppedMs } = play();
    if (solve) return span(solve.seconds * 1000);
    const until = stoppedAt ?? endedAt;
    const from = Date.parse(readyAt ?? startedAt);
    return span((until ? Date.parse(until) : now()) - from - stoppedMs);
  };
  return (
    <header class="playhead">
      <A class="brand" href={playPath(challenge().name)} aria-label="Back to the text’s page">
        <Mark />
      </A>
      <span class="sep" />
      <h1 title={challenge().title}>{challenge().title}</h1>
      <div class="progress">
        <ProgressCells states={regular().map((task) => state(task.name))} />
        <Show when={regular().length}>
          <span class="n">
            {done()} of {regular().length} <span class="faint wide">completed</span>
          </span>
        </Show>
      </div>
      <div class="stats">
        <span class="stat">
          Time <b>{time()}</b>
        </span>
        <Show when={play().content.kind === "challenge"}>
          <span class="stat wide">
            Points <b>{play().solve ? play().solve!.points : `0 of ${challenge().points}`}</b>
          </span>
        </Show>
        <Show when={challenge().hints.length}>
          <span class="stat wide">
            Hints{" "}
            <b>
              {challenge().hints.filter((hint) => hint.taken).length} of {challenge().hints.length}
            </b>
          </span>
        </Show>
        <Show when={!over() && !atRest(play())}>
          <span class="stat wide">
            {neverReady(play()) ? "Ends" : "Pauses"} in{" "}
            <b>{span(Date.parse(play().expiresAt) - now())}</b>
          </span>
        </Show>
        <span class="sep wide" />
        <LiveState class="stat link-live" connection={props.connection} />
        <Show when={!over()}>
          <Acts
            play={play()}
            onExtend={props.onExtend}
            onPause={props.onPause}
            onGoOn={props.onGoOn}
            onFork={props.onFork}
            onRestart={props.onRestart}
            onEnd={props.onEnd}
          />
        </Show>
        <ThemeButton />
      </div>
    </header>
  );
}
