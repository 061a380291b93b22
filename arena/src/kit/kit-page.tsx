import { For, Show } from "solid-js";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { useMe } from "~/live/me";
import { Body } from "~/markdown/body";
import { exampleScene } from "~/markdown/example-scene";
import code from "~/markdown/golden/code.md?raw";
import components from "~/markdown/golden/components.md?raw";
import nested from "~/markdown/golden/nested.md?raw";
import tasks from "~/markdown/golden/tasks.md?raw";
import text from "~/markdown/golden/text.md?raw";
import { still } from "~/markdown/scene";

/** The texts of the golden tests: what is drawn here is what they compare. */
const SHEETS: [string, string, string][] = [
  ["text", "Text", text],
  ["code", "Code", code],
  ["tasks", "Tasks in every state", tasks],
  ["components", "Components", components],
  ["nested", "Components in components", nested],
];

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
        <main class="kitsheets">
          <h1 class="t-title">Kit</h1>
          <p class="dim">
            Every component of a text in every state. Notes for authors are shown to authors only.
          </p>
          <For each={SHEETS}>
            {([id, title, sheet]) => (
              <section id={`kit-${id}`} class="panel" data-testid="kit-sheet" aria-label={title}>
                <header>
                  <h2>{title}</h2>
                </header>
                <div class="reading">
                  <Body text={sheet} scene={exampleScene()} />
                </div>
              </section>
            )}
          </For>
          <section id="kit-still" class="panel" data-testid="kit-sheet" aria-label="Without a play">
            <header>
              <h2>Without a play</h2>
            </header>
            <div class="reading">
              <Body text={tasks} scene={still({})} />
            </div>
          </section>
        </main>
      </Shell>
    </Show>
  );
}
