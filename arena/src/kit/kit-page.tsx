import { For, Show, createSignal, onMount } from "solid-js";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { useMe } from "~/live/me";
import type { Hint } from "~/live/types";
import { Body } from "~/markdown/body";
import { exampleScene } from "~/markdown/example-scene";
import { still } from "~/markdown/scene";
import { HintRow } from "~/play/hint-row";
import { acts } from "./acts";
import { sheets } from "./sheets";
import type { Specimen } from "./specimens";

/** Hints of a challenge that does not exist: those that hint boxes of the sheets name. */
const hints: Hint[] = [
  { id: "costs", title: "Which address it listens on", cost: 10, body: null },
  { id: "free", title: "Where to look", cost: 0, body: null },
  { id: "taken", title: "Where to look", cost: 0, body: "Look at `ss -ltn`." },
].map((one) => ({ ...one, taken: one.body !== null, code: [] }));

/** Every component of a text in every state, as an author sees it; no machine is needed. */
export default function KitPage() {
  const { me } = useMe();
  const allowed = () => import.meta.env.DEV || ["author", "operator"].includes(me()?.role ?? "");
  return (
    <Show
      when={allowed()}
      fallback={
        <Problem
          title="For authors"
          text="This page is open to authors and operators."
          status={403}
        />
      }
    >
      <Shell title="Kit">
        <Sheets />
      </Shell>
    </Show>
  );
}

function Sheets() {
  let page!: HTMLElement;
  const [acted, setActed] = createSignal(false);
  onMount(() => {
    for (const [id, act] of Object.entries(acts)) act(page.querySelector<HTMLElement>(`#${id}`)!);
    setActed(true);
  });
  return (
    <main class="kitsheets" ref={page} data-acted={acted()}>
      <h1 class="t-title">Kit</h1>
      <p class="dim">
        Every component of a text in every state. Notes for authors are shown to authors only.
      </p>
      <For each={sheets}>
        {(sheet) => (
          <section
            id={`kit-${sheet.id}`}
            class="panel"
            data-testid="kit-sheet"
            aria-label={sheet.title}
          >
            <header>
              <h2>{sheet.title}</h2>
            </header>
            <For each={sheet.specimens}>
              {(one) => <Drawn specimen={one} still={sheet.still ?? false} />}
            </For>
          </section>
        )}
      </For>
    </main>
  );
}

function Drawn(props: { specimen: Specimen; still: boolean }) {
  const scene = () =>
    props.still
      ? still({})
      : {
          ...exampleScene(),
          hint: (id: string) => (
            <HintRow
              challenge="kit"
              hint={hints.find((one) => one.id === id)!}
              free={false}
              onChange={() => undefined}
              onProblem={() => undefined}
            />
          ),
        };
  return (
    <div id={props.specimen.id} class="specimen" data-testid="specimen">
      <p class="meta">
        <b>{props.specimen.component}</b> {props.specimen.state}
      </p>
      <div class="reading">
        <Body text={props.specimen.text} scene={scene()} />
      </div>
    </div>
  );
}
