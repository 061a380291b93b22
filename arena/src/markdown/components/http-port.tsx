import { Show } from "solid-js";
import { useScene } from "../scene";
import { isOn, said, type InlineProps } from "./component";

/** `:http-port{…}`: opens a port of a machine in the browser. Without a play it is only its words. */
export function HttpPort(props: InlineProps) {
  const scene = useScene();
  const port = () => Number(props.given["port"]);
  const words = () =>
    props.text || said(props.given["text"]) || `port ${said(props.given["port"])}`;
  const usable = () => Number.isInteger(port()) && port() > 0 && port() < 65_536;
  const target = () => ({
    ...(props.given["machine"] ? { machine: said(props.given["machine"]) } : {}),
    port: port(),
    https: isOn(props.given["https"]),
    public: isOn(props.given["public"]),
  });
  return (
    <Show when={usable() && scene.openPort} fallback={<span>{words()}</span>}>
      {(open) => (
        <button type="button" class="inlinelink" onClick={() => open()(target())}>
          {words()}
        </button>
      )}
    </Show>
  );
}
