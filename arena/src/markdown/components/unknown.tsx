import { AuthorNote } from "./author-note";
import type { BlockProps } from "./component";

/** A component that is not known here: its default text stays. */
export function Unknown(props: BlockProps) {
  return (
    <>
      {props.slot("default")}
      <AuthorNote>
        There is no component {`::${props.name}`}; its text is shown as it is.
      </AuthorNote>
    </>
  );
}
