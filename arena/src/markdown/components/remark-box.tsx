import { said, type BlockProps } from "./component";

const KINDS: Record<string, string> = {
  info: "Note",
  tip: "Tip",
  warning: "Warning",
  error: "Error",
};

/** A call-out. Its kind is told in a word as well as by its edge. */
export function RemarkBox(props: BlockProps) {
  const kind = () => {
    const wanted = said(props.given["kind"]);
    return Object.hasOwn(KINDS, wanted) ? wanted : "info";
  };
  return (
    <div class={`callout ${kind()}`} role="note">
      <b class="meta">{KINDS[kind()]}</b>
      {props.slot("default")}
    </div>
  );
}
