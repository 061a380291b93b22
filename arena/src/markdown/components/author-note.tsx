import { Show, type JSX } from "solid-js";
import { useScene } from "../scene";

/** Tells an author what is wrong with a component; learners don't see it. */
export function AuthorNote(props: { children: JSX.Element }) {
  const scene = useScene();
  return (
    <Show when={scene.author}>
      <p class="authornote" role="note">
        <b>For authors.</b> {props.children}
      </p>
    </Show>
  );
}
