import { Show } from "solid-js";
import { useMe } from "~/live/me";
import { Body } from "~/markdown/body";
import { still } from "~/markdown/scene";
import { MarkRow } from "./mark-row";
import { ContentHead } from "./page-head";
import { Related } from "./related";
import { StartPanel } from "./start-panel";
import type { Content } from "./types";

/** A text with what belongs to it at its side: tutorials, roadmaps, posts, playgrounds. */
export function Article(props: { content: Content; onChange: () => unknown }) {
  const { me } = useMe();
  return (
    <div class="cols">
      <main>
        <ContentHead content={props.content} />
        <div class="only760">
          <StartPanel of={props.content} unavailable={props.content.unavailable} />
        </div>
        <Show when={props.content.cover}>
          <img class="cover" src={props.content.cover} alt="" />
        </Show>
        <article class="reading">
          <Show
            when={props.content.body}
            fallback={
              <p class="dim">
                {props.content.kind === "playground"
                  ? "Machines to try things on. Nothing is checked."
                  : "There is no text yet."}
              </p>
            }
          >
            <Body
              text={props.content.body}
              scene={still({
                code: props.content.code,
                assets: props.content.assets,
                references: props.content.references,
                author: ["author", "operator"].includes(me()?.role ?? ""),
              })}
            />
          </Show>
          <Show when={!props.content.readable}>
            <p class="callout warning">This is a preview: the rest is not open to you.</p>
          </Show>
        </article>
        <Show when={props.content.markable}>
          <MarkRow
            kind={props.content.kind}
            name={props.content.name}
            done={props.content.status === "solved"}
            onChange={() => props.onChange()}
          />
        </Show>
      </main>
      <aside class="stack">
        <div class="opt760">
          <StartPanel of={props.content} unavailable={props.content.unavailable} />
        </div>
        <Related rows={props.content.related} />
      </aside>
    </div>
  );
}
