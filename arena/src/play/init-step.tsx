import { Show } from "solid-js";
import { PrintedLast } from "~/author/printed-last";
import { Glyph } from "~/components/icon";
import { stateWord } from "~/graph/state";
import { duration, now } from "~/live/clock";
import type { Play, TaskInfo } from "~/live/types";

/** What learners call an init task. */
export const stepTitle = (task: Pick<TaskInfo, "title">) =>
  task.title.replace(/^init_/, "").replaceAll("_", " ");

/** One step of a play that gets ready: an init task, since when it runs, and why it did not complete yet; of an own draft what it printed, too. */
export function InitStep(props: { play: Play; task: TaskInfo }) {
  const live = () => props.play.tasks.find((one) => one.name === props.task.name);
  const runs = () => live()?.state === 30;
  const since = () => (runs() ? Date.parse(live()?.changedAt ?? "") : Number.NaN);
  const trouble = () => (runs() ? (live()?.trouble ?? "") : "");
  return (
    <>
      <li>
        <Glyph state={stateWord(live()?.state ?? 0)} />
        {stepTitle(props.task)}
        <Show when={!Number.isNaN(since())}>
          <span class="meta">{duration(now() - since())}</span>
        </Show>
      </li>
      <Show when={trouble()}>
        <li class="told" role="status" data-testid="init-trouble">
          <span>
            <b>Not yet.</b> It {trouble()}, and is tried again.
          </span>
        </li>
        <Show when={props.play.draft}>
          <li class="told">
            <PrintedLast play={props.play.id} task={props.task.name} />
          </li>
        </Show>
      </Show>
    </>
  );
}
