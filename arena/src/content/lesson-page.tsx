import { A, useParams } from "@solidjs/router";
import { For, Show, createResource } from "solid-js";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { deepSignal } from "~/live/deep-signal";
import { useMe } from "~/live/me";
import { Body } from "~/markdown/body";
import { still } from "~/markdown/scene";
import { CourseTree, lessonsOf } from "./course-tree";
import { FollowSaves } from "./follow-saves";
import { MarkRow } from "./mark-row";
import { StartPanel } from "./start-panel";
import { CONTENT, PART, type Content, type Part } from "./types";

interface Found {
  course: Content;
  lesson: Part;
  units: Part[];
}

/** A lesson with its units and its course; null when there is none. */
async function findLesson(name: string, path: string): Promise<Found | null> {
  const { content } = await ask<{ content: (Content & { below: Part[] }) | null }>(
    `query($n: String!, $l: String!) { content(kind: "course", name: $n) { ${CONTENT} below: parts(under: $l) { ${PART} } } }`,
    { n: name, l: path },
  );
  const lesson = content?.below.find((part) => part.path === path && part.kind === "lesson");
  if (!content || !lesson) return null;
  return { course: content, lesson, units: content.below.filter((part) => part.kind === "unit") };
}

/** One lesson of a course: its units below each other, the course beside them. */
export default function LessonPage() {
  const { me } = useMe();
  const params = useParams<{ name: string; lesson: string }>();
  const [found, { refetch }] = createResource(
    () => [params.name, params.lesson, me()?.id ?? ""] as const,
    ([name, path]) => findLesson(name, path),
    { storage: deepSignal },
  );
  // latest: while the next lesson is fetched, this one stays.
  return (
    <>
      <FollowSaves kind="course" name={params.name} onSave={() => void refetch()} />
      <Show
        when={found.latest}
        fallback={
          <Show when={found.state === "ready"} fallback={<Shell title="Lesson">{null}</Shell>}>
            <Problem title="No such lesson" text={`There is no lesson ${params.lesson} here.`} />
          </Show>
        }
      >
        {(one) => (
          <Lesson
            course={one().course}
            lesson={one().lesson}
            units={one().units}
            onChange={() => void refetch()}
          />
        )}
      </Show>
    </>
  );
}

function Lesson(props: { course: Content; lesson: Part; units: Part[]; onChange: () => unknown }) {
  const { me } = useMe();
  const author = () => ["author", "operator"].includes(me()?.role ?? "");
  const lessons = () => lessonsOf(props.course);
  const at = () => lessons().findIndex((one) => one.path === props.lesson.path);
  const way = (step: number) => lessons()[at() + step];
  const challenges = () =>
    [props.lesson, ...props.units]
      .flatMap((part) => part.references)
      .filter((one) => one.kind === "challenge");
  return (
    <Shell title={props.lesson.title}>
      <div class="coursecols">
        <nav aria-label="Lessons of this course">
          <p class="meta">
            <A href={`/courses/${props.course.name}`}>{props.course.title}</A>
          </p>
          <CourseTree content={props.course} here={props.lesson.path} />
        </nav>
        <main>
          <div class="contenthead">
            <p class="meta">
              Lesson {at() + 1} of {lessons().length}
            </p>
            <h1 class="t-title">{props.lesson.title}</h1>
            <p class="dim">{props.lesson.description}</p>
          </div>
          <article class="reading">
            <Show when={props.lesson.body.trim()}>
              <Body
                text={props.lesson.body}
                scene={still({
                  code: props.lesson.code,
                  assets: props.lesson.assets,
                  references: props.lesson.references,
                  author: author(),
                })}
              />
            </Show>
            <For each={props.units}>
              {(unit) => (
                <section id={unit.name} class="unit">
                  <Show when={unit.title !== unit.name}>
                    <h2 class="t-head">{unit.title}</h2>
                  </Show>
                  <Body
                    text={unit.body}
                    scene={still({
                      code: unit.code,
                      assets: unit.assets,
                      references: [...unit.references, ...props.lesson.references],
                      author: author(),
                    })}
                  />
                </section>
              )}
            </For>
            <Show when={!props.course.readable}>
              <p class="callout warning">This lesson is not open to you.</p>
            </Show>
          </article>
          <Show when={challenges().length}>
            <p class="dim" data-testid="lesson-rule">
              {props.lesson.done
                ? "This lesson is completed."
                : "This lesson is completed when its challenges are solved."}
            </p>
          </Show>
          <Show when={props.lesson.markable}>
            <MarkRow
              kind="course"
              name={props.course.name}
              part={props.lesson.path}
              done={props.lesson.done}
              onChange={() => props.onChange()}
            />
          </Show>
          <nav class="turn" aria-label="Other lessons">
            <Show when={way(-1)} fallback={<span />}>
              {(one) => (
                <A class="btn" href={`/courses/${props.course.name}/${one().path}`}>
                  Back: {one().title}
                </A>
              )}
            </Show>
            <Show when={way(1)}>
              {(one) => (
                <A class="btn" href={`/courses/${props.course.name}/${one().path}`}>
                  Next: {one().title}
                </A>
              )}
            </Show>
          </nav>
        </main>
        <aside class="stack">
          <StartPanel of={props.lesson} />
        </aside>
      </div>
    </Shell>
  );
}
