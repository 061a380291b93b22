import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { useMe } from "~/live/me";
import { Body } from "~/markdown/body";
import { still } from "~/markdown/scene";
import { CourseTree, lessonsOf } from "./course-tree";
import { ContentHead } from "./page-head";
import { ProgressBar } from "./progress-bar";
import { Related } from "./related";
import type { Content } from "./types";

/** The front page of a course: what it is about, how far one is, and its lessons. */
export function Course(props: { content: Content }) {
  const { me } = useMe();
  const next = () => lessonsOf(props.content).find((lesson) => !lesson.done);
  return (
    <div class="cols">
      <main>
        <ContentHead content={props.content}>
          <Show when={props.content.progress}>
            {(progress) => (
              <ProgressBar
                done={progress().done}
                total={progress().total}
                what="lessons completed"
              />
            )}
          </Show>
        </ContentHead>
        <Show when={next()}>
          {(lesson) => (
            <A class="btn primary lg" href={`/courses/${props.content.name}/${lesson().path}`}>
              {props.content.progress?.done ? "Go on with" : "Begin with"} {lesson().title}
            </A>
          )}
        </Show>
        <Show when={props.content.body.trim()}>
          <div class="reading">
            <Body
              text={props.content.body}
              scene={still({
                code: props.content.code,
                assets: props.content.assets,
                references: props.content.references,
                author: ["author", "operator"].includes(me()?.role ?? ""),
              })}
            />
          </div>
        </Show>
        <h2 class="t-head">Lessons</h2>
        <CourseTree content={props.content} />
      </main>
      <aside class="stack">
        <Related rows={props.content.related} />
      </aside>
    </div>
  );
}
