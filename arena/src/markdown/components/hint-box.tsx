import { Show } from "solid-js";
import { Icon } from "~/components/icon";
import { useScene } from "../scene";
import { said, type BlockProps } from "./component";

/** A hint: of a challenge its text waits on the server, elsewhere it is folded. */
export function HintBox(props: BlockProps) {
  const scene = useScene();
  const id = () => said(props.given["id"]);
  return (
    <Show
      when={id() ? scene.hint : undefined}
      fallback={
        <details class="foldbox hint">
          <summary>
            <Icon name="hint" />
            {said(props.given["summary"]) || "Hint"}
          </summary>
          <div class="foldbody">{props.slot("default")}</div>
        </details>
      }
    >
      {(hint) => hint()(id())}
    </Show>
  );
}
