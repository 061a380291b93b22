import { A } from "@solidjs/router";
import { For, Show, type JSX } from "solid-js";
import { Difficulty } from "~/components/icon";
import { contentPath } from "~/markdown/addresses";
import { dayOf } from "./day";
import { KIND_WORDS, type Content } from "./types";

/** Kind, title, one line, and the facts of a text. */
export function ContentHead(props: { content: Content; children?: JSX.Element }) {
  const date = () => props.content.updatedAt ?? props.content.createdAt;
  return (
    <div class="contenthead">
      <p class="meta">
        <A href={contentPath(props.content.kind, "").slice(0, -1)}>
          {KIND_WORDS[props.content.kind]?.[1] ?? props.content.kind}
        </A>
      </p>
      <h1 class="t-title">{props.content.title}</h1>
      <p class="dim">{props.content.description}</p>
      <div class="facts">
        <For each={props.content.difficulties}>{(level) => <Difficulty level={level} />}</For>
        <For each={props.content.categories}>
          {(one) => <A href={`/catalogue?category=${encodeURIComponent(one)}`}>{one}</A>}
        </For>
        <For each={props.content.tags}>
          {(one) => (
            <A class="tag" href={`/catalogue?tag=${encodeURIComponent(one)}`}>
              {one}
            </A>
          )}
        </For>
        <Show when={date()}>{(iso) => <span>{dayOf(iso())}</span>}</Show>
        <Show when={props.content.author}>{(handle) => <span>by {handle()}</span>}</Show>
      </div>
      {props.children}
    </div>
  );
}
