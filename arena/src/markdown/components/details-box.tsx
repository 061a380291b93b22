import { said, type BlockProps } from "./component";

/** A section that is folded until somebody wants it. */
export function DetailsBox(props: BlockProps) {
  return (
    <details class="foldbox">
      <summary>{said(props.given["summary"]) || "Details"}</summary>
      <div class="foldbody">{props.slot("default")}</div>
    </details>
  );
}
