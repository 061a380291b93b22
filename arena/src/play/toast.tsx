import { Show, createEffect, createSignal, on, onCleanup } from "solid-js";
import { Glyph } from "~/components/icon";

/** Milliseconds for which a toast stands. */
const STANDS = 6_000;

/** What just happened to a task. */
export interface TaskNews {
  title: string;
  state: "completed" | "failed";
  left: number;
}

/** Whether the graph or its rail is drawn now: what they show needs no toast. */
function graphInView(): boolean {
  return [...document.querySelectorAll(".graphpane, .rail")].some((one) => one.checkVisibility());
}

/**
 * Tells of a task while no graph is in view: on a phone, or in full screen. One at a time, the newest;
 * it stays under the pointer. Screen readers have the announcer for this.
 */
export function TaskToast(props: { news: TaskNews | undefined }) {
  const [shown, setShown] = createSignal<TaskNews>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const leave = () => (timer = setTimeout(() => setShown(undefined), STANDS));
  const stay = () => clearTimeout(timer);
  createEffect(
    on(
      () => props.news,
      (news) => {
        // The result of the last task has a strip of its own.
        if (!news || news.left === 0 || graphInView()) return;
        stay();
        setShown(news);
        leave();
      },
      { defer: true },
    ),
  );
  onCleanup(stay);
  return (
    <Show when={shown()}>
      {(news) => (
        <div class="toasts" aria-hidden="true" onPointerEnter={stay} onPointerLeave={leave}>
          <div class="toast" data-testid="toast">
            <Glyph state={news().state} />
            <div style="flex:1">
              {news().title.replace(/\.$/, "")}
              <div class="meta">
                {news().state === "failed" ? "Failed" : "Completed"}, {news().left} task
                {news().left === 1 ? "" : "s"} left
              </div>
            </div>
          </div>
        </div>
      )}
    </Show>
  );
}
