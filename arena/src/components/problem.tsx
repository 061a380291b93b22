import { A } from "@solidjs/router";
import { HttpStatusCode } from "@solidjs/start";
import { Show } from "solid-js";
import type { AskError } from "~/live/ask";
import { Shell } from "./shell";

/** A page that can't be shown: what happened, why, what to do. `status` is the HTTP status of the answer. */
export function Problem(props: { title: string; text: string; help?: string; status?: number }) {
  return (
    <Shell title={props.title}>
      <HttpStatusCode code={props.status ?? 404} />
      <main class="empty">
        <h1 class="t-title">{props.title}</h1>
        <p style="margin:8px 0 24px">
          {props.text} {props.help}
        </p>
        <A class="btn primary" href="/challenges">
          Browse challenges
        </A>
      </main>
    </Shell>
  );
}

/** A page whose data did not come: the error's own words, and its code for whoever is asked for help. */
export function Broken(props: { error: Error }) {
  const known = () => props.error as Partial<AskError>;
  return (
    <Shell title="Not available">
      <HttpStatusCode code={known().code === "UNAVAILABLE" ? 503 : 500} />
      <main class="empty">
        <h1 class="t-title">{props.error.message.replace(/\.$/, "")}</h1>
        <p style="margin:8px 0 24px">
          {known().help || "Nothing of yours is lost. Load the page again."}
        </p>
        <button type="button" class="btn primary" onClick={() => location.reload()}>
          Load again
        </button>
        <Show when={known().code}>
          <p class="meta" style="margin-top:16px">
            Code {known().code}
          </p>
        </Show>
      </main>
    </Shell>
  );
}
