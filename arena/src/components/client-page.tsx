import { A, useLocation, useParams, useSearchParams } from "@solidjs/router";
import { Match, Show, Switch, createResource, createSignal } from "solid-js";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { useMe } from "~/live/me";
import { Shell } from "./shell";

interface Waiting {
  client: string;
  address: string;
  at: string;
}

/** A command-line client asks to be let in: its user says yes or no here. */
export default function ClientPage() {
  const { me } = useMe();
  const params = useParams<{ id: string }>();
  const [search] = useSearchParams<{ c: string }>();
  const location = useLocation();
  const { problem, act } = panelActs();
  const [answer, setAnswer] = createSignal<"in" | "out">();
  const given = () => ({ i: params.id, c: search.c ?? "" });
  const [waiting] = createResource(
    () => me() && given(),
    async (of) =>
      (
        await ask<{ waitingClient: Waiting | null }>(
          "query($i: ID!, $c: String!) { waitingClient(id: $i, code: $c) { client address at } }",
          of,
        )
      ).waitingClient,
  );
  const say = async (which: "in" | "out") => {
    const what = which === "in" ? "letClientIn" : "refuseClient";
    const done = await act(`mutation($i: ID!, $c: String!) { ${what}(id: $i, code: $c) }`, given());
    if (done) setAnswer(which);
  };
  return (
    <Shell title="A client asks">
      <section class="panel" style="max-width:520px;margin:0 auto">
        <header>
          <h1 class="t-head">A command-line client asks to be let in</h1>
        </header>
        <div class="pad">
          <Switch
            fallback={
              <p class="dim" role="status">
                {waiting.loading ? "Asking." : ""}
              </p>
            }
          >
            <Match when={!me()}>
              <p>Sign in first. You come back here, and see what asks.</p>
              <p style="margin-top:16px">
                <A
                  class="btn primary lg"
                  href={`/sign-in?then=${encodeURIComponent(location.pathname + location.search)}`}
                >
                  Sign in
                </A>
              </p>
            </Match>
            <Match when={answer() === "in"}>
              <p role="status">
                It is in. Go back to your terminal: it goes on within a few seconds. You can end it
                at any time in <A href="/settings">Settings</A>.
              </p>
            </Match>
            <Match when={answer() === "out"}>
              <p role="status">It was refused, and can do nothing. You can close this page.</p>
            </Match>
            <Match when={waiting.error as Error | undefined}>
              {(error) => (
                <p class="formerror" role="alert">
                  {error().message}
                </p>
              )}
            </Match>
            <Match when={waiting.state === "ready" && waiting() === null}>
              <p>
                No client waits here: it was let in or refused, or its 15 minutes are over. Run its
                login again; it makes a new address.
              </p>
            </Match>
            <Match when={waiting()}>
              {(one) => (
                <>
                  <dl class="asking">
                    <dt>It calls itself</dt>
                    <dd data-testid="client-name">{one().client}</dd>
                    <dt>It asks from</dt>
                    <dd>{one().address}</dd>
                    <dt>Since</dt>
                    <dd>{age(one().at)} ago</dd>
                    <dt>It would act as</dt>
                    <dd>
                      <b>{me()?.handle}</b>
                    </dd>
                  </dl>
                  <p class="dim" style="margin-top:16px">
                    Let it in only if you ran its login yourself just now. It may do everything that
                    you may, until you revoke it.
                  </p>
                  <div style="display:flex;gap:8px;margin-top:16px;flex-wrap:wrap">
                    <button type="button" class="btn lg" onClick={() => void say("out")}>
                      Refuse
                    </button>
                    <button
                      type="button"
                      class="btn primary lg"
                      data-testid="let-in"
                      onClick={() => void say("in")}
                    >
                      Let it in
                    </button>
                  </div>
                </>
              )}
            </Match>
          </Switch>
          <Show when={problem()}>
            <p class="formerror" role="alert" style="margin-top:12px">
              {problem()}
            </p>
          </Show>
        </div>
      </section>
    </Shell>
  );
}
