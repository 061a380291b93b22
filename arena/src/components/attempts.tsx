import { A } from "@solidjs/router";
import { For, Show, createSignal } from "solid-js";
import { stateWord } from "~/graph/state";
import { age, span } from "~/live/clock";
import { playPath } from "~/markdown/addresses";
import { Glyph } from "./icon";
import { KeptActs } from "./kept-acts";

export interface AttemptTask {
  name: string;
  title: string;
  state: number;
  /** Seconds from readiness to the task's end; null = not ended. */
  seconds: number | null;
  median: number | null;
}
interface Attempt {
  play: string;
  challenge: string;
  title: string;
  startedAt: string;
  endedAt: string | null;
  state: string;
  tasks: AttemptTask[];
}
interface Solve {
  challenge: string;
  points: number;
  seconds: number;
  firstSolve: boolean;
}

/** Attempts, newest first; each opens to the times of its tasks beside the medians. */
export function Attempts(props: {
  attempts: Attempt[];
  solves: Solve[];
  /** They are the viewer's own: paused ones can go on. */
  own: boolean;
  onChange: () => void;
}) {
  const [opened, setOpened] = createSignal<string>();
  return (
    <ul class="lines">
      <For
        each={props.attempts}
        fallback={
          <li class="empty">
            No attempts yet. Start a challenge and each task you complete is listed here with its
            time.
          </li>
        }
      >
        {(attempt) => {
          const done = attempt.tasks.filter((task) => task.state === 40).length;
          const failed = attempt.tasks.some((task) => task.state === 35);
          const whole = done === attempt.tasks.length && done > 0;
          const over = attempt.endedAt !== null;
          const last = Math.max(0, ...attempt.tasks.map((task) => task.seconds ?? 0));
          const solve = whole
            ? props.solves.find((one) => one.challenge === attempt.challenge)
            : undefined;
          const paused = attempt.state === "STOPPED";
          const state = whole
            ? "completed"
            : failed
              ? "failed"
              : over || paused
                ? "created"
                : "running";
          const word = whole
            ? paused
              ? "Solved, paused"
              : "Solved"
            : failed
              ? "Failed"
              : over
                ? "Ended"
                : paused
                  ? "Paused"
                  : "In progress";
          const open = () => opened() === attempt.play;
          return (
            <>
              <li class="attempt">
                <Glyph state={state} />
                <div class="body">
                  <A class="strong" href={playPath(attempt.challenge)}>
                    {attempt.title}
                  </A>
                  <div class="meta">
                    {word}, {done} of {attempt.tasks.length} tasks, started {age(attempt.startedAt)}{" "}
                    ago
                  </div>
                </div>
                <span class="n r">{whole ? span(last * 1000) : ""}</span>
                <span class="n r points">
                  <Show when={solve}>
                    {(one) => (
                      <>
                        {one().points} <span class="faint">points</span>
                      </>
                    )}
                  </Show>
                </span>
                <Show when={paused && props.own}>
                  <span class="opt760">
                    <KeptActs play={attempt.play} onChange={() => props.onChange()} />
                  </span>
                </Show>
                <button
                  type="button"
                  class="btn quiet sm"
                  aria-expanded={open()}
                  onClick={() => setOpened(open() ? undefined : attempt.play)}
                >
                  {open() ? "Hide times" : "Times"}
                  <span class="visually-hidden"> of {attempt.title}</span>
                </button>
              </li>
              <Show when={paused && props.own}>
                <li class="only760 keptrow">
                  <KeptActs play={attempt.play} onChange={() => props.onChange()} />
                </li>
              </Show>
              <Show when={open()}>
                <li class="times">
                  <Times tasks={attempt.tasks} />
                </li>
              </Show>
            </>
          );
        }}
      </For>
    </ul>
  );
}

/** A bar per task from readiness to its end, with the median as a tick. */
function Times(props: { tasks: AttemptTask[] }) {
  const most = () =>
    Math.max(1, ...props.tasks.flatMap((task) => [task.seconds ?? 0, task.median ?? 0]));
  const part = (seconds: number) => `${(100 * seconds) / most()}%`;
  return (
    <>
      <div class="falls">
        <div class="meta">Task</div>
        <div class="meta">
          0:00 <span style="float:right">{span(most() * 1000)}</span>
        </div>
        <div class="meta r">Time</div>
        <div class="meta r">To median</div>
        <For each={props.tasks}>
          {(task) => (
            <>
              <div class="cut" title={task.title}>
                <Glyph state={stateWord(task.state)} /> {task.title}
              </div>
              <div class="bar" aria-hidden="true">
                <s style="left:0;right:0" />
                <Show when={task.seconds !== null}>
                  <i style={`left:0;width:${part(task.seconds!)}`} />
                </Show>
                <Show when={task.median !== null}>
                  <u style={`left:min(${part(task.median!)},calc(100% - 2px))`} />
                </Show>
              </div>
              <div class="r n">{task.seconds === null ? "–" : span(task.seconds * 1000)}</div>
              <div class="r n">
                <Show
                  when={task.seconds !== null && task.median !== null}
                  fallback={<span class="faint">–</span>}
                >
                  <Difference seconds={task.seconds! - task.median!} />
                </Show>
              </div>
            </>
          )}
        </For>
      </div>
      <p class="meta">
        Bars run from ready machines to completion; the tick is the median of all solves.
      </p>
    </>
  );
}

/** How far from the median: faster is good news, slower is none. */
function Difference(props: { seconds: number }) {
  const text = () => span(Math.abs(props.seconds) * 1000);
  return (
    <Show when={text() !== "0:00"} fallback={<span class="faint">0:00</span>}>
      <span class={props.seconds < 0 ? "up" : "faint"}>
        {props.seconds < 0 ? "−" : "+"}
        {text()}
      </span>
    </Show>
  );
}
