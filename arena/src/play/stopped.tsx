import { Show } from "solid-js";
import type { Play } from "~/live/types";

/** In the place of the terminals while the machines are kept and do not run. */
export function Stopped(props: { play: Play; onGoOn: () => void }) {
  const stopping = () => props.play.state === "STOPPING";
  return (
    <div class="empty" data-testid="stopped">
      <h2 class="t-head">{stopping() ? "Stopping the machines" : "Stopped. Files are kept."}</h2>
      <p style="margin:8px 0 24px" class="dim">
        {stopping()
          ? "It takes some seconds, longer when programs have to end first."
          : "Time stands still until you go on. Tasks keep their states."}
      </p>
      <Show when={!stopping()}>
        <button type="button" class="btn" onClick={() => props.onGoOn()}>
          Go on
        </button>
      </Show>
    </div>
  );
}
