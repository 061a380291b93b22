import { For, Show, createSignal } from "solid-js";
import { panelActs } from "~/live/act";
import { DIMENSIONS, idleIn, principalsOf, wrongWith } from "./access-words";
import type { OwnedContent } from "./owned";

/** Who may do what with stored content: one line for each list, saved by itself. */
export function AccessLists(props: { item: OwnedContent; onChange: () => void }) {
  const shown = () => DIMENSIONS.filter(({ kinds }) => !kinds || kinds.includes(props.item.kind));
  return (
    <ul class="access">
      <For each={shown()}>
        {(dimension) => (
          <AccessRow
            item={props.item}
            name={dimension.name}
            does={dimension.does}
            onChange={() => props.onChange()}
          />
        )}
      </For>
    </ul>
  );
}

function AccessRow(props: {
  item: OwnedContent;
  name: string;
  does: string;
  onChange: () => void;
}) {
  const { problem, act } = panelActs();
  const stored = () =>
    (
      props.item.access.find(({ dimension }) => dimension === props.name)?.principals ?? ["owner"]
    ).join(", ");
  const [typed, setTyped] = createSignal<string>();
  const line = () => typed() ?? stored();
  const wrong = () => wrongWith(principalsOf(line()));
  const changed = () => principalsOf(line()).join(", ") !== stored();
  // A list that shuts its own author out is told of, but theirs to make.
  const refused = () => wrong() !== "" && !wrong().startsWith("nobody");
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const { kind, name } = props.item;
    const done = await act<object>(
      "mutation($k: String!, $n: String!, $d: String!, $p: [String!]!) { setAccess(kind: $k, name: $n, dimension: $d, principals: $p) { revision } }",
      { k: kind, n: name, d: props.name, p: principalsOf(line()) },
    );
    if (!done) return;
    setTyped(undefined);
    props.onChange();
  };
  return (
    <li>
      <form onSubmit={(event) => void save(event)} data-testid="access-row" data-list={props.name}>
        <label for={`access-${props.item.name}-${props.name}`}>
          {props.does}
          <span class="meta">{props.name}</span>
        </label>
        <input
          id={`access-${props.item.name}-${props.name}`}
          class="field mono"
          list="principals"
          value={line()}
          aria-invalid={refused()}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class="btn sm" disabled={!changed() || refused()}>
          Save list
        </button>
      </form>
      <Show when={changed() && wrong()}>
        <p class="caution">{wrong()}</p>
      </Show>
      <Show when={idleIn(principalsOf(line()))}>
        {(words) => (
          <p class="caution" data-testid="idle-principal">
            {words()}
          </p>
        )}
      </Show>
      <Show when={problem()}>
        <p class="wrong" role="alert">
          {problem()}
        </p>
      </Show>
    </li>
  );
}
