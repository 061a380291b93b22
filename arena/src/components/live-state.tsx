import type { Connection } from "~/live/connection";

const DOT = { live: "dot", connecting: "dot half", reconnecting: "dot half", offline: "dot off" };

/** Dot and word of a live part: shape first, then the word. */
export function LiveState(props: { connection: Connection; class?: string }) {
  return (
    <span
      class={props.class ?? "livestate"}
      data-testid="connection"
      data-state={props.connection.state}
    >
      <i class={DOT[props.connection.state]} />
      {props.connection.word}
    </span>
  );
}
