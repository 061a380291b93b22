import { For, Show } from "solid-js";
import { useMe } from "~/live/me";
import { Body } from "~/markdown/body";
import { still } from "~/markdown/scene";
import { ClassPanel } from "./class-panel";
import { EnrolPanel } from "./enrol-panel";
import { ContentHead } from "./page-head";
import { Related } from "./related";
import type { Content, Part } from "./types";

/** The front page of a training, and its program as far as it is open. */
export function Training(props: { content: Content; parts: Part[]; onChange: () => void }) {
  const { me } = useMe();
  const author = () => ["author", "operator"].includes(me()?.role ?? "");
  const shown = () => props.parts.filter((part) => part.body.trim());
  /** Units that are not open to the viewer. */
  const closed = () =>
    props.parts.filter((part) => part.kind === "unit" && !part.body.trim()).length;
  return (
    <div class="cols">
      <main>
        <ContentHead content={props.content} />
        <article class="reading">
          <Body
            text={props.content.body}
            scene={still({
              code: props.content.code,
              assets: props.content.assets,
              references: props.content.references,
              author: author(),
            })}
          />
        </article>
        <Show when={props.parts.length}>
          <h2 class="t-head programhead">Program</h2>
          <For
            each={shown()}
            fallback={<p class="dim">The program is open to those who are enrolled.</p>}
          >
            {(part) => (
              <section id={part.name} class="reading unit">
                <Show when={part.title !== part.name}>
                  <h3>{part.title}</h3>
                </Show>
                <Body
                  text={part.body}
                  scene={still({
                    code: part.code,
                    assets: part.assets,
                    references: part.references,
                    author: author(),
                  })}
                />
              </section>
            )}
          </For>
          <Show when={shown().length > 0 && closed() > 0}>
            <p class="dim">
              {closed()} more part{closed() > 1 ? "s are" : " is"} open to those who are enrolled.
            </p>
          </Show>
        </Show>
        <Show when={props.content.training?.teaches ? props.content.training : undefined}>
          {(terms) => (
            <ClassPanel name={props.content.name} terms={terms()} onChange={props.onChange} />
          )}
        </Show>
      </main>
      <aside class="stack">
        <Show when={props.content.training}>
          {(terms) => (
            <EnrolPanel name={props.content.name} terms={terms()} onChange={props.onChange} />
          )}
        </Show>
        <Related rows={props.content.related} />
      </aside>
    </div>
  );
}
