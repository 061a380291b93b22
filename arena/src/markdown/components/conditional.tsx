import { For } from "solid-js";
import { useScene } from "../scene";
import { said, type BlockProps } from "./component";

/** Shows the slot that is called as the variable's value, else the default one. */
export function Conditional(props: BlockProps) {
  const scene = useScene();
  const shown = () => {
    const value = scene.variable(said(props.given["var"])) ?? "";
    return value !== "default" && props.slots.includes(value) ? value : "default";
  };
  return (
    <>
      <For each={props.slots}>
        {(name) => (
          <div class="slot" hidden={shown() !== name}>
            {props.slot(name)}
          </div>
        )}
      </For>
    </>
  );
}
