import { useParams } from "@solidjs/router";
import { clientOnly } from "@solidjs/start";
import { Show } from "solid-js";
import { Waiting } from "~/play/waiting";

// Terminals need a browser, and nobody but its owner reads a play: it is drawn there.
const PlayPage = clientOnly(() => import("~/play/play-page"));

/** A new page for each play: restarting goes to another id. */
export default function PlayRoute() {
  const params = useParams();
  return (
    <Show when={params["id"]} keyed>
      {(id) => <PlayPage id={id} fallback={<Waiting />} />}
    </Show>
  );
}
