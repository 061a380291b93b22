import { For, Show } from "solid-js";
import { Glyph } from "~/components/icon";
import { useMe } from "~/live/me";
import { Body } from "~/markdown/body";
import { still } from "~/markdown/scene";
import { MarkRow } from "./mark-row";
import { ContentHead } from "./page-head";
import { ProgressBar } from "./progress-bar";
import { Related } from "./related";
import type { Content, Part } from "./types";

/** A list of units, each with what completes it. */
export function SkillPath(props: { content: Content; units: Part[]; onChange: () => unknown }) {
  const { me } = useMe();
  const author = () => ["author", "operator"].includes(me()?.role ?? "");
  return (
    <div class="cols">
      <main>
        <ContentHead content={props.content}>
          <Show when={props.content.progress}>
            {(progress) => (
              <ProgressBar done={progress().done} total={progress().total} what="units completed" />
            )}
          </Show>
        </ContentHead>
        <Show when={props.content.body.trim()}>
          <div class="reading">
            <Body
              text={props.content.body}
              scene={still({
                code: props.content.code,
                assets: props.content.assets,
                references: props.content.references,
                author: author(),
              })}
            />
          </div>
        </Show>
        <ol class="units">
          <For
            each={props.units}
            fallback={<li class="dim">Its units are not open to you, or there are none yet.</li>}
          >
            {(unit) => (
              <li id={unit.name} data-testid="unit" data-done={unit.done}>
                <h2 class="t-head">
                  <Glyph state={unit.done ? "completed" : "created"} />
                  {unit.title}
                  <span class="visually-hidden">{unit.done ? ", completed" : ", open"}</span>
                </h2>
                <Body
                  text={unit.body}
                  scene={still({
                    code: unit.code,
                    assets: unit.assets,
                    references: unit.references,
                    author: author(),
                  })}
                />
                <Show when={unit.markable}>
                  <MarkRow
                    kind={props.content.kind}
                    name={props.content.name}
                    part={unit.path}
                    done={unit.done}
                    onChange={() => props.onChange()}
                  />
                </Show>
              </li>
            )}
          </For>
        </ol>
      </main>
      <aside class="stack">
        <Related rows={props.content.related} />
      </aside>
    </div>
  );
}
