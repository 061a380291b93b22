import { For, createSignal, createUniqueId, type JSX, type Signal } from "solid-js";
import { isServer } from "solid-js/web";

/** Chosen tab of each group: all blocks of a group on the page switch together. */
const chosen = new Map<string, Signal<string>>();

function choiceOf(group: string, first: string): Signal<string> {
  const known = chosen.get(group);
  if (known) return known;
  const made = createSignal(first);
  // A server's variable would be everybody's.
  if (!isServer) chosen.set(group, made);
  return made;
}

/** One of several texts, chosen by tabs; `group` defaults to the tabs' names. */
export function Tabbed(props: {
  tabs: { name: string; title: string; text: JSX.Element }[];
  group: string;
}) {
  const id = createUniqueId();
  const names = () => props.tabs.map((tab) => tab.name);
  const [tab, setTab] = choiceOf(props.group || names().join(), names()[0] ?? "");
  const shown = () => (names().includes(tab()) ? tab() : names()[0]);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && names()[names().indexOf(shown() ?? "") + step];
    if (!next) return;
    setTab(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div class="tabbed">
      <div class="tablist" role="tablist">
        <For each={props.tabs}>
          {(one) => (
            <button
              type="button"
              role="tab"
              id={`${id}-${one.name}`}
              aria-controls={`${id}-${one.name}-panel`}
              aria-selected={shown() === one.name}
              tabindex={shown() === one.name ? 0 : -1}
              onClick={() => setTab(one.name)}
              onKeyDown={move}
            >
              {one.title}
            </button>
          )}
        </For>
      </div>
      <For each={props.tabs}>
        {(one) => (
          <div
            role="tabpanel"
            id={`${id}-${one.name}-panel`}
            aria-labelledby={`${id}-${one.name}`}
            hidden={shown() !== one.name}
          >
            {one.text}
          </div>
        )}
      </For>
    </div>
  );
}
