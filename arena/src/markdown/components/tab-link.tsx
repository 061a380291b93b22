import { Show } from "solid-js";
import { useScene, type TabTarget } from "../scene";
import { isOn, said, type InlineProps } from "./component";

/** `:tab{…}`: brings a tab of the play to the front. Without a play it is only its words. */
export function TabLink(props: InlineProps) {
  const scene = useScene();
  const [id, name, machine] = ["id", "name", "machine"].map((key) => said(props.given[key]));
  const target: TabTarget = {
    ...(id && { id }),
    ...(name && { name }),
    ...(machine && { machine }),
    fresh: isOn(props.given["new"]),
  };
  const words = () =>
    props.text || said(props.given["text"]) || name || machine || id || "terminal";
  return (
    <Show when={scene.openTab} fallback={<span>{words()}</span>}>
      {(open) => (
        <button type="button" class="inlinelink" onClick={() => open()(target)}>
          {words()}
        </button>
      )}
    </Show>
  );
}
