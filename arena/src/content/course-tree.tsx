import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { Glyph } from "~/components/icon";
import type { Content, PartRow } from "./types";

/** Lessons in their order, without the modules that hold them. */
export const lessonsOf = (content: Pick<Content, "parts">): PartRow[] =>
  content.parts.filter((part) => part.kind === "lesson");

/** Modules and lessons of a course, each lesson with whether it is done. */
export function CourseTree(props: { content: Content; here?: string }) {
  const rows = () => props.content.parts.filter((part) => part.kind !== "unit");
  return (
    <ol class="coursetree">
      <For each={rows()}>
        {(part) => (
          <Show
            when={part.kind === "lesson"}
            fallback={
              <li class="module">
                <b>{part.title}</b>
                <Show when={part.description && !props.here}>
                  <p class="dim">{part.description}</p>
                </Show>
              </li>
            }
          >
            <li data-testid="lesson" data-done={part.done}>
              <Glyph state={part.done ? "completed" : "created"} />
              <A
                href={`/courses/${props.content.name}/${part.path}`}
                aria-current={part.path === props.here ? "page" : undefined}
              >
                {part.title}
                <span class="visually-hidden">{part.done ? ", completed" : ""}</span>
              </A>
            </li>
          </Show>
        )}
      </For>
    </ol>
  );
}
