import { Show } from "solid-js";
import { Difficulty, Glyph } from "~/components/icon";
import { contentPath, referenced } from "../addresses";
import type { Reference } from "~/live/types";
import { useScene } from "../scene";
import { AuthorNote } from "./author-note";
import { said, type BlockProps } from "./component";

const KIND_WORDS: Record<string, string> = {
  challenge: "Challenge",
  tutorial: "Tutorial",
  "skill-path": "Skill path",
  course: "Course",
  training: "Training",
  roadmap: "Roadmap",
  playground: "Playground",
};
const REFERENCES = ["challenge", "content", "playground"];

/** The content that props name, with the lesson of a course. */
export function target(given: Record<string, unknown>): { path: string; lesson: string } {
  const key = REFERENCES.find((one) => said(given[one]));
  return { path: key ? said(given[key]) : "", lesson: said(given["lesson"]) };
}

/** A preview of other content; a plain link when it is not installed here. */
export function ContentCard(props: { path: string; lesson?: string }) {
  const scene = useScene();
  const found = () => referenced(scene, props.path);
  return (
    <Show
      when={found().item}
      fallback={
        <div class="card away">
          <a href={found().origin} target="_blank" rel="noopener noreferrer">
            {props.path.split(".").slice(1).join(".").replaceAll("_", "-") || "A missing reference"}
          </a>{" "}
          <span class="meta">not in this arena, at its origin</span>
          <AuthorNote>
            {props.path
              ? `${props.path} is not installed, or the front matter does not list it.`
              : "A card needs challenge, content or playground."}
          </AuthorNote>
        </div>
      }
    >
      {(item) => <Preview item={item()} lesson={props.lesson ?? ""} />}
    </Show>
  );
}

function Preview(props: { item: Reference; lesson: string }) {
  const href = () =>
    `${contentPath(props.item.kind, props.item.name)}${props.lesson ? `/${props.lesson}` : ""}`;
  return (
    <article class="card" data-kind={props.item.kind}>
      <div class="meta">
        {KIND_WORDS[props.item.kind] ?? props.item.kind}
        <Show when={props.item.categories[0]}>, {props.item.categories[0]}</Show>
      </div>
      <h3>
        <a href={href()}>{props.item.title}</a>
      </h3>
      <p class="dim">{props.item.description}</p>
      <div class="cardfoot">
        <Show when={props.item.difficulty}>
          <Difficulty level={props.item.difficulty} />
        </Show>
        <Show when={props.item.status === "solved"}>
          <span class="cardstate">
            <Glyph state="completed" /> Completed
          </span>
        </Show>
        <a class="btn sm" href={href()}>
          {props.item.status === "solved"
            ? "Open again"
            : props.item.status === "attempted"
              ? "Go on"
              : props.item.kind === "challenge" || props.item.kind === "playground"
                ? "Start"
                : "Open"}
        </a>
      </div>
    </article>
  );
}

/** `::card` */
export function Card(props: BlockProps) {
  const wanted = () => target(props.given);
  return <ContentCard path={wanted().path} lesson={wanted().lesson} />;
}
