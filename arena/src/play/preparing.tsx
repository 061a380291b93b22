import { For, Show } from "solid-js";
import { Glyph } from "~/components/icon";
import type { Play } from "~/live/types";
import { InitStep } from "./init-step";

/** Steps per machine while the play gets ready. */
export function Preparing(props: { play: Play }) {
  const inits = (machine: string) =>
    props.play.challenge.tasks.filter((task) => task.kind === "init" && task.machine === machine);
  const state = (name: string) => props.play.tasks.find((task) => task.name === name)?.state ?? 0;
  const running = (machine: string) =>
    props.play.machines.find((one) => one.name === machine)?.state === "RUNNING";
  const message = (machine: string) =>
    props.play.machines.find((one) => one.name === machine)?.message ?? "";
  const steps = () =>
    props.play.challenge.machines.flatMap((machine) => [
      running(machine.name),
      ...inits(machine.name).map((task) => state(task.name) === 40),
    ]);
  const troubled = () => props.play.tasks.some((task) => task.state === 30 && task.trouble);
  const done = () => steps().filter(Boolean).length;
  return (
    <div class="starting">
      <div>
        <h2 class="t-head">
          {props.play.state === "STARTING" ? "Your machines go on" : "Preparing your machines"}
        </h2>
        <p class="dim" style="margin-top:4px">
          {done()} of {steps().length} steps completed.
        </p>
        <div
          class="meter"
          role="progressbar"
          aria-valuenow={done()}
          aria-valuemax={steps().length}
          aria-label="Steps completed"
        >
          <i style={`width:${(100 * done()) / Math.max(1, steps().length)}%`} />
        </div>
        <div class="steps">
          <For each={props.play.challenge.machines}>
            {(machine) => (
              <div>
                <h4>{machine.name}</h4>
                <ul>
                  <li>
                    <Glyph state={running(machine.name) ? "completed" : "running"} />
                    Machine started
                  </li>
                  <Show when={!running(machine.name) && message(machine.name)}>
                    <li class="told" role="status">
                      {message(machine.name)}
                    </li>
                  </Show>
                  <For each={inits(machine.name)}>
                    {(task) => <InitStep play={props.play} task={task} />}
                  </For>
                </ul>
              </div>
            )}
          </For>
        </div>
        <Show when={troubled()}>
          <p class="dim" style="margin-top:24px">
            {props.play.draft
              ? "Change the task and take fresh machines. Learners see why a step waits, and nothing that it prints."
              : "Nothing of this is your doing. If it goes on, restart the attempt or tell the author."}
          </p>
        </Show>
      </div>
    </div>
  );
}
