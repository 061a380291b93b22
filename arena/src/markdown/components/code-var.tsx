import { createSignal, onCleanup } from "solid-js";
import { useScene } from "../scene";
import { said, type InlineProps } from "./component";

const SAID = 1600;

/** Inline code with a play variable; a click copies it. */
export function CodeVar(props: InlineProps) {
  const scene = useScene();
  const name = () => said(props.given["name"]);
  const value = () => scene.variable(name()) ?? said(props.given["default"]);
  const [copied, setCopied] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const copy = () =>
    void navigator.clipboard.writeText(value()).then(
      () => {
        setCopied(true);
        timer = setTimeout(() => setCopied(false), SAID);
      },
      () => undefined,
    );
  return (
    <button
      type="button"
      class="codevar"
      data-var={name()}
      title={copied() ? "Copied" : "Copy"}
      aria-label={`Copy ${value() || name()}`}
      onClick={copy}
    >
      <code>{value() || name()}</code>
      <span class="visually-hidden" role="status">
        {copied() ? "Copied" : ""}
      </span>
    </button>
  );
}
