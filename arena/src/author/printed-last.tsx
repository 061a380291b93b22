import { Show, createSignal, onCleanup, onMount } from "solid-js";
import type { MachineRuns, ScriptRun } from "@agon/protocol/task-runs";
import { ask } from "~/live/ask";

/** Milliseconds between two looks: a task that fails at once is tried every second. */
const LOOK = 2_000;
/** Lines of an output that are shown: its end tells why. */
const LINES = 8;

/** The end of what an init task printed last. Only its author may know, and only they are answered. */
export function PrintedLast(props: { play: string; task: string }) {
  const [last, setLast] = createSignal<ScriptRun>();
  const load = () =>
    ask<{ taskRuns: string }>("query($p: ID!, $t: ID!) { taskRuns(play: $p, task: $t) }", {
      p: props.play,
      t: props.task,
    }).then(
      ({ taskRuns }) => {
        for (const { runs } of JSON.parse(taskRuns) as MachineRuns[]) {
          const run = Array.isArray(runs) && runs.find(({ run, dry }) => run && !dry)?.run;
          if (run) return setLast(run);
        }
        return undefined;
      },
      // The next look may be answered; the learner's part of the step stands meanwhile.
      () => undefined,
    );
  onMount(() => {
    void load();
    const timer = setInterval(() => !document.hidden && void load(), LOOK);
    onCleanup(() => clearInterval(timer));
  });
  const lines = () => {
    const { stdout = "", stderr = "" } = last() ?? {};
    return `${stdout}${stderr}`.trimEnd().split("\n").slice(-LINES).join("\n");
  };
  return (
    <Show when={last()}>
      <div class="printed" data-testid="printed-last">
        <Show when={lines()} fallback={<p class="meta">It printed nothing.</p>}>
          <p class="meta">Printed last; only you see it</p>
          <pre class="runtext out">{lines()}</pre>
        </Show>
        <p class="meta">
          All of it: <code>{`./agon task show ${props.play} ${props.task}`}</code>
        </p>
      </div>
    </Show>
  );
}
