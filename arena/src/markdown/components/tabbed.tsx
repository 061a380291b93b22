import { For, createMemo, createSignal, createUniqueId, type Signal } from "solid-js";
import { isServer } from "solid-js/web";
import { AuthorNote } from "./author-note";
import { said, type BlockProps } from "./component";

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

const titled = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");

/** Tabs as the props list them; without a list, as the slots are called. */
function tabsOf(props: BlockProps): { name: string; title: string }[] {
  const listed = (Array.isArray(props.given["tabs"]) ? props.given["tabs"] : [])
    .filter((tab): tab is Record<string, unknown> => typeof tab === "object" && tab !== null)
    .map((tab) => ({
      name: said(tab["name"]),
      title: said(tab["title"]) || titled(said(tab["name"])),
    }))
    .filter((tab) => props.slots.includes(tab.name));
  if (listed.length) return listed;
  return props.slots
    .filter((name) => name !== "default")
    .map((name) => ({ name, title: titled(name) }));
}

/** `::tabbed`: one of several texts. `group` defaults to the tabs' names. */
export function Tabbed(props: BlockProps) {
  const id = createUniqueId();
  const tabs = createMemo(() => tabsOf(props), [], {
    equals: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  const names = () => tabs().map((tab) => tab.name);
  const group = () => said(props.given["group"]);
  // Its first tab, until somebody chooses another one.
  const choice = createMemo(() => choiceOf(group() ? `group ${group()}` : names().join(), ""));
  const shown = () => (names().includes(choice()[0]()) ? choice()[0]() : names()[0]);
  const setTab = (name: string) => choice()[1](name);
  const move = (event: KeyboardEvent) => {
    const at = names().indexOf(shown() ?? "");
    const next = {
      ArrowRight: names()[at + 1],
      ArrowLeft: names()[at - 1],
      Home: names()[0],
      End: names().at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    setTab(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  const missing = () =>
    (Array.isArray(props.given["tabs"]) ? props.given["tabs"] : [])
      .map((one) => said((one as Record<string, unknown> | null)?.["name"]))
      .filter((name) => !props.slots.includes(name));
  return (
    <div class="tabbed">
      <div class="tablist" role="tablist">
        <For each={tabs()}>
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
      <For each={tabs()}>
        {(one) => (
          <div
            role="tabpanel"
            id={`${id}-${one.name}-panel`}
            aria-labelledby={`${id}-${one.name}`}
            hidden={shown() !== one.name}
          >
            {props.slot(one.name)}
          </div>
        )}
      </For>
      {missing().length ? (
        <AuthorNote>Tabs without a slot: {missing().join(", ")}.</AuthorNote>
      ) : undefined}
    </div>
  );
}
