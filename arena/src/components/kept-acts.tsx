import { Show } from "solid-js";
import { useNavigate } from "@solidjs/router";
import { ConfirmButton } from "./confirm";
import { panelActs } from "~/live/act";

/** Of a paused play: go on with it, or end it. */
export function KeptActs(props: { play: string; primary?: boolean; onChange: () => void }) {
  const navigate = useNavigate();
  const { problem, act } = panelActs();
  const goOn = async () => {
    const done = await act("mutation($id: ID!) { resumePlay(id: $id) { id } }", { id: props.play });
    if (done) navigate(`/plays/${props.play}`);
  };
  const end = async () => {
    if (await act("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: props.play }))
      props.onChange();
  };
  return (
    <>
      <button
        type="button"
        class={props.primary ? "btn primary" : "btn sm"}
        onClick={() => void goOn()}
      >
        Go on
      </button>
      <ConfirmButton
        class={props.primary ? "btn quiet" : "btn quiet sm"}
        label="End"
        title="End this attempt?"
        text="The machines and everything on them are deleted. Recorded solves stay."
        act="End attempt"
        keep="Keep it"
        danger
        onConfirm={() => void end()}
      />
      <Show when={problem()}>
        <span class="meta" role="alert">
          {problem()}
        </span>
      </Show>
    </>
  );
}
