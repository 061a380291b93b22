import { Show } from "solid-js";
import { addressesIn, assetOf } from "../addresses";
import { useScene } from "../scene";
import { AuthorNote } from "./author-note";
import { said, type BlockProps } from "./component";
import { ZoomedImage } from "./zoomed-image";

/** A CSS length or a short list of them; anything else could style more than its image. */
const LENGTHS =
  /^(?:-?\d{1,4}(?:\.\d+)?(?:px|em|rem|%|ch|vw)?|auto)(?:\s+(?:-?\d{1,4}(?:\.\d+)?(?:px|em|rem|%|ch|vw)?|auto)){0,3}$/;
const RADII: Record<string, string> = {
  none: "0",
  sm: "var(--radius-tag)",
  md: "var(--radius-control)",
  lg: "var(--radius-panel)",
  full: "999px",
};

const lengths = (value: unknown): string | undefined => {
  const text = said(value).trim();
  // A bare number is pixels.
  if (!LENGTHS.test(text)) return undefined;
  return text.replaceAll(/(^|\s)(-?\d+(?:\.\d+)?)(?=\s|$)/g, "$1$2px");
};

/** An image with a caption, enlarged by a click. */
export function ImageBox(props: BlockProps) {
  const scene = useScene();
  const src = () => said(props.given["src"]);
  const image = () => addressesIn(scene).image(src());
  const missing = () => !/^(?:[a-z]+:|\/)/i.test(src()) && !assetOf(scene, src());
  const float = () => {
    const side = said(props.given["float"]);
    return side === "left" || side === "right" ? side : undefined;
  };
  const radius = () =>
    RADII[said(props.given["radius"]).replace(/^rounded-/, "")] ?? lengths(props.given["radius"]);
  return (
    <figure
      class="imagebox"
      data-float={float()}
      style={{
        "max-width": lengths(props.given["max-width"] ?? props.given["maxWidth"]),
        margin: lengths(props.given["margin"]),
        padding: lengths(props.given["padding"]),
      }}
    >
      <ZoomedImage
        image={image()}
        alt={said(props.given["alt"])}
        border={Boolean(said(props.given["border"])) && said(props.given["border"]) !== "false"}
        radius={radius()}
      />
      <Show when={props.slots.includes("default")}>
        <figcaption>{props.slot("default")}</figcaption>
      </Show>
      <Show when={!src() || missing()}>
        <AuthorNote>
          {src() ? `There is no file ${src()} beside this text.` : "An image-box needs src."}
        </AuthorNote>
      </Show>
    </figure>
  );
}
