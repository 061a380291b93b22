import { useLocation, useNavigate } from "@solidjs/router";
import { Match, Show, Switch, onCleanup } from "solid-js";
import { isServer } from "solid-js/web";
import { ConfirmButton } from "~/components/confirm";
import { Glyph } from "~/components/icon";
import { panelActs } from "~/live/act";
import { useMe } from "~/live/me";
import { dayOf } from "./day";
import type { TrainingTerms } from "./types";

/** Milliseconds between two looks at whether a student was let in meanwhile. */
const LOOK = 10_000;

/** When a training is on, and the way into it. */
export function EnrolPanel(props: { name: string; terms: TrainingTerms; onChange: () => unknown }) {
  const { me } = useMe();
  const navigate = useNavigate();
  const location = useLocation();
  const { problem, act } = panelActs();
  const run = async (mutation: string) => {
    await act(`mutation($t: String!) { ${mutation}(training: $t) { name } }`, { t: props.name });
    props.onChange();
  };
  if (!isServer) {
    const timer = setInterval(() => {
      if (props.terms.enrolment === "waiting" && !document.hidden) props.onChange();
    }, LOOK);
    onCleanup(() => clearInterval(timer));
  }
  const over = () => props.terms.endsAt !== null && Date.parse(props.terms.endsAt) <= Date.now();
  const when = () => {
    const { startsAt, endsAt } = props.terms;
    // An end is the midnight after its last day.
    const last = endsAt && dayOf(new Date(Date.parse(endsAt) - 1).toISOString());
    if (startsAt && last) return `${dayOf(startsAt)} to ${last}`;
    if (startsAt) return `From ${dayOf(startsAt)} on`;
    return last ? `Until ${last}` : "On at any time";
  };
  return (
    <section class="panel" data-testid="enrol" data-state={props.terms.enrolment ?? "none"}>
      <header>
        <h2>Enrolment</h2>
      </header>
      <div class="pad enrol">
        <p>{when()}</p>
        <Switch
          fallback={
            <Show when={!over()} fallback={<p class="dim">This training is over.</p>}>
              <Show
                when={me()}
                fallback={
                  <button
                    type="button"
                    class="btn primary lg"
                    onClick={() =>
                      navigate(`/sign-in?then=${encodeURIComponent(location.pathname)}`)
                    }
                  >
                    Sign in to enrol
                  </button>
                }
              >
                <Show
                  when={props.terms.mayEnrol && !props.terms.teaches}
                  fallback={
                    <p class="dim">
                      {props.terms.teaches
                        ? "You teach this training."
                        : "Enrolment is not open to you. Ask its author."}
                    </p>
                  }
                >
                  <Show when={props.terms.approval}>
                    <p class="dim">An instructor lets you in.</p>
                  </Show>
                  <button type="button" class="btn primary lg" onClick={() => void run("enrol")}>
                    Enrol
                  </button>
                </Show>
              </Show>
            </Show>
          }
        >
          <Match when={props.terms.enrolment === "in"}>
            <p class="standing">
              <Glyph state="completed" />
              <span role="status">
                {props.terms.active
                  ? "You are enrolled."
                  : over()
                    ? "You were enrolled. It is over."
                    : "You are enrolled. The program opens when it starts."}
              </span>
            </p>
            <ConfirmButton
              label="Leave"
              title="Leave this training?"
              text="Its program closes for you. You can enrol again while it is on."
              keep="Stay"
              act="Leave"
              danger
              onConfirm={() => void run("leaveTraining")}
            />
          </Match>
          <Match when={props.terms.enrolment === "waiting"}>
            <p class="standing">
              <Glyph state="running" />
              <span role="status">You asked to take part. An instructor has to let you in.</span>
            </p>
            <button type="button" class="btn quiet sm" onClick={() => void run("leaveTraining")}>
              Take it back
            </button>
          </Match>
          <Match when={props.terms.enrolment === "refused"}>
            <p class="standing">
              <Glyph state="failed" />
              <span role="status">An instructor did not let you in. Ask them why.</span>
            </p>
          </Match>
        </Switch>
        <Show when={problem()}>
          <div class="formerror" role="alert">
            {problem()}
          </div>
        </Show>
      </div>
    </section>
  );
}
