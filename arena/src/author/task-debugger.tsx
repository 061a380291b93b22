import { For, Show, createEffect, createSignal, on, onCleanup } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import {
  SCRIPT_SECONDS,
  SCRIPTS,
  silentFor,
  type MachineRuns,
  type ScriptRun,
  type TaskRun,
} from "@agon/protocol/task-runs";
import { Glyph } from "~/components/icon";
import { rootCauses } from "~/graph/critical-path";
import { ask, type AskError } from "~/live/ask";
import { duration, now } from "~/live/clock";
import type { Play } from "~/live/types";
import { atRest } from "~/play/at-rest";

/** Milliseconds between two looks at a task's runs while it runs, or while its machine starts. */
const LOOK = 1_500;
/** Milliseconds without a round's end that are told: a task is looked at every second while its page is open. */
const SILENCE = 5_000;

/** What an author sees of a task: why it waits, its last runs, and one more run that changes nothing. */
export function TaskDebugger(props: { play: Play; task: string }) {
  // A store: a look that finds nothing new touches nothing, so what is selected in an output stays so.
  const [seen, setSeen] = createStore<{ all: MachineRuns[] }>({ all: [] });
  const all = () => seen.all;
  const setAll = (runs: MachineRuns[]) => setSeen("all", reconcile(runs, { key: "at" }));
  const [problem, setProblem] = createSignal("");
  const [busy, setBusy] = createSignal(false);
  const [open, setOpen] = createSignal<string>();
  /** Of init tasks and helpers, which are no nodes of the graph. */
  const [other, setOther] = createSignal("");
  const name = () => other() || props.task;
  const info = () => props.play.challenge.tasks.find((one) => one.name === name());
  const state = (task: string) => props.play.tasks.find((one) => one.name === task)?.state ?? 0;
  const live = () => props.play.tasks.find((one) => one.name === name());
  const hidden = () => props.play.challenge.tasks.filter((one) => one.kind !== "regular");
  const over = () => props.play.state.startsWith("DESTROY") || props.play.state === "FAILED";
  /** Nothing can be asked of machines that are gone or stand still; what was seen stays. */
  const silent = () => over() || atRest(props.play);
  const waits = () => {
    const needs = (info()?.needs ?? []).filter((need) => state(need) !== 40);
    return needs.length
      ? { needs, roots: rootCauses(name(), props.play.challenge.tasks, state) }
      : undefined;
  };
  // Where nobody looks, rounds are rare: what was before this page came is no silence.
  const opened = now();
  /** The machine where no round of the running task ends, and for how long; none where nothing hangs. */
  const hangs = () => {
    const since = Math.max(opened, Date.parse(live()?.changedAt ?? "") || 0);
    if (live()?.state !== 30 || silent()) return undefined;
    for (const { machine, runs } of all()) {
      const ms = Array.isArray(runs) ? silentFor(runs, since, now()) : undefined;
      if (ms !== undefined && ms >= SILENCE) return { machine, ms };
    }
    return undefined;
  };
  const refused = (error: unknown) => {
    const { message, help } = error as AskError;
    setProblem(`${message} ${help ?? ""}`.trim());
  };
  let asked = 0;
  const load = () => {
    const mine = ++asked;
    return ask<{ taskRuns: string }>("query($p: ID!, $t: ID!) { taskRuns(play: $p, task: $t) }", {
      p: props.play.id,
      t: name(),
    }).then(({ taskRuns }) => {
      if (mine !== asked) return;
      setAll(JSON.parse(taskRuns) as MachineRuns[]);
      setProblem("");
    }, refused);
  };
  createEffect(
    on(
      () => props.task,
      () => setOther(""),
      { defer: true },
    ),
  );
  createEffect(
    on(
      () => [name(), live()?.state, live()?.generation, live()?.hint, silent()] as const,
      ([task], before) => {
        if (before && before[0] !== task) setAll([]);
        if (!silent()) void load();
      },
    ),
  );
  const timer = setInterval(() => {
    const unanswered = all().some(({ runs }) => !Array.isArray(runs));
    if (!document.hidden && !silent() && (state(name()) === 30 || unanswered)) void load();
  }, LOOK);
  onCleanup(() => clearInterval(timer));
  const again = async () => {
    setBusy(true);
    setProblem("");
    try {
      const { runTask } = await ask<{ runTask: string }>(
        "mutation($p: ID!, $t: ID!) { runTask(play: $p, task: $t) }",
        { p: props.play.id, t: name() },
      );
      const wrong = (JSON.parse(runTask) as MachineRuns[]).find(
        ({ runs }) => runs !== null && !Array.isArray(runs),
      );
      if (wrong) setProblem((wrong.runs as { error: string }).error);
      await load();
      const newest = all()[0]?.runs;
      if (Array.isArray(newest) && newest[0]) setOpen(keyOf(all()[0]!.machine, newest[0]));
    } catch (error) {
      refused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="debugger" data-testid="task-debugger">
      <div class="acts">
        <button
          type="button"
          class="btn sm"
          disabled={busy() || silent()}
          title="One round in the machine; the task's state stays as it is"
          data-testid="run-again"
          onClick={() => void again()}
        >
          {busy() ? "Running" : "Run again here"}
        </button>
        <select
          class="zoom"
          aria-label="Task of the debugger"
          value={other()}
          onChange={(event) => setOther(event.currentTarget.value)}
        >
          <option value="">{props.task}</option>
          <For each={hidden()}>
            {(one) => (
              <option value={one.name}>
                {one.name} ({one.kind})
              </option>
            )}
          </For>
        </select>
        <span class="meta">
          {live()?.generation ? `Started over by change ${live()!.generation}` : ""}
        </span>
      </div>
      <Show when={waits()}>
        {(why) => (
          <p class="meta" data-testid="task-waits">
            Waits for {why().needs.join(", ")}
            <Show when={why().roots.length && why().roots.join() !== why().needs.join()}>
              ; in the end for {why().roots.join(", ")}
            </Show>
            .{" "}
            <For each={why().roots.filter((root) => hidden().some((one) => one.name === root))}>
              {(root) => (
                <button type="button" class="link" onClick={() => setOther(root)}>
                  Look at {root}
                </button>
              )}
            </For>
          </p>
        )}
      </Show>
      <Show when={hangs()}>
        {(it) => (
          <p class="caution" data-testid="task-hangs">
            {all().length > 1 ? `${it().machine}: no` : "No"} round ended for {duration(it().ms)}. A
            script that hangs is ended after {SCRIPT_SECONDS} s, or its timeout_seconds.
          </p>
        )}
      </Show>
      <Show when={live()?.state === 35 && live()?.failure}>
        {(said) => (
          <p class="wrong" data-testid="task-failure">
            Its failcheck said: {said()}
          </p>
        )}
      </Show>
      <Show when={problem()}>
        <p class="wrong" role="alert">
          {problem()}
        </p>
      </Show>
      <For
        each={all()}
        fallback={
          <p class="meta">
            {over() ? "Its machines are gone." : silent() ? "Its machines stand still." : "Asking."}
          </p>
        }
      >
        {(one) => (
          // Read where it is shown: the same machine answers with more and more.
          <Show
            when={Array.isArray(one.runs) && one.runs}
            fallback={<p class="meta">{one.machine} does not answer yet.</p>}
          >
            {(list) => (
              <For each={list()} fallback={<p class="meta">No run on {one.machine} yet.</p>}>
                {(run, at) => (
                  <RunRow
                    run={run}
                    machine={all().length > 1 ? one.machine : ""}
                    open={(open() ?? keyOf(one.machine, list()[0]!)) === keyOf(one.machine, run)}
                    newest={at() === 0}
                    onToggle={(is) => setOpen(is ? keyOf(one.machine, run) : "")}
                  />
                )}
              </For>
            )}
          </Show>
        )}
      </For>
    </div>
  );
}

const keyOf = (machine: string, run: TaskRun) => `${machine} ${run.at} ${run.dry}`;

/** How a round ended, by the script that decided it. */
function ending(run: TaskRun): { state: string; text: string } {
  if (run.failcheck && run.failcheck.exitCode !== 0 && !run.failcheck.timedOut)
    return { state: "failed", text: `failcheck exit ${run.failcheck.exitCode}` };
  if (run.waitsForInput) return { state: "created", text: "waits for an answer" };
  if (!run.run) return { state: "created", text: "ended early" };
  if (run.run.timedOut) return { state: "running", text: "run ran out of time" };
  if (run.run.exitCode === 0) return { state: "completed", text: "run exit 0" };
  return { state: "running", text: `run exit ${run.run.exitCode}` };
}

function RunRow(props: {
  run: TaskRun;
  machine: string;
  open: boolean;
  newest: boolean;
  onToggle: (open: boolean) => void;
}) {
  const end = () => ending(props.run);
  return (
    <div class="run" data-testid="task-run" data-dry={props.run.dry}>
      <button
        type="button"
        class="runhead"
        aria-expanded={props.open}
        onClick={() => props.onToggle(!props.open)}
      >
        <Glyph state={end().state} />
        <span>
          {props.run.dry ? "By hand" : `Round ${props.run.n}`}
          {props.machine ? `, ${props.machine}` : ""}
        </span>
        <span class="dim">{end().text}</span>
        <span class="meta n">
          {new Date(props.run.at).toTimeString().slice(0, 8)}, {props.run.durationMs} ms
        </span>
      </button>
      <Show when={props.open}>
        <Show when={Object.keys(props.run.env).length}>
          <pre class="runtext" aria-label="Environment">
            {Object.entries(props.run.env)
              .map(([key, value]) => `${key}=${value}`)
              .join("\n")}
          </pre>
        </Show>
        <For each={SCRIPTS.filter((script) => props.run[script])}>
          {(script) => <Script name={script} run={props.run[script]!} />}
        </For>
      </Show>
    </div>
  );
}

function Script(props: { name: string; run: ScriptRun }) {
  return (
    <div class="script">
      <p class="meta">
        <b>{props.name}</b> {props.run.timedOut ? "ran out of time" : `exit ${props.run.exitCode}`},{" "}
        {props.run.durationMs} ms
      </p>
      <pre class="runtext">{props.run.script.trimEnd()}</pre>
      <For each={["stdout", "stderr"] as const}>
        {(stream) => (
          <Show when={props.run[stream]}>
            <p class="meta">{stream}</p>
            <pre class="runtext out">{props.run[stream]}</pre>
          </Show>
        )}
      </For>
    </div>
  );
}
