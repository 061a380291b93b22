import { For } from "solid-js";
import { Icon } from "~/components/icon";
import type { PlayTab } from "./tabs";

/** Tabs in a row, walked by arrow keys. */
export function TabList(props: {
  label: string;
  tabs: PlayTab[];
  shown: PlayTab | undefined;
  onShow: (id: string) => void;
}) {
  return (
    <div class="tablist" role="tablist" aria-label={props.label}>
      <For each={props.tabs}>
        {(one, at) => (
          <button
            type="button"
            role="tab"
            id={`tab-${one.id}`}
            aria-controls={`panel-${one.id}`}
            tabindex={props.shown?.id === one.id ? 0 : -1}
            onKeyDown={(event) => {
              const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
              const next = step && props.tabs[at() + step];
              if (!next) return;
              props.onShow(next.id);
              document.getElementById(`tab-${next.id}`)?.focus();
            }}
            aria-selected={props.shown?.id === one.id}
            onClick={() => props.onShow(one.id)}
          >
            <Icon name={one.kind === "terminal" ? "terminal" : "globe"} />
            {one.label}
          </button>
        )}
      </For>
    </div>
  );
}
