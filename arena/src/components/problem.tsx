import { A } from "@solidjs/router";
import { Shell } from "./shell";

/** A page that can't be shown: what happened, why, what to do. */
export function Problem(props: { title: string; text: string; help?: string }) {
  return (
    <Shell title={props.title}>
      <div class="empty">
        <h1 class="t-title">{props.title}</h1>
        <p style="margin:8px 0 24px">
          {props.text} {props.help}
        </p>
        <A class="btn primary" href="/challenges">
          Browse challenges
        </A>
      </div>
    </Shell>
  );
}
