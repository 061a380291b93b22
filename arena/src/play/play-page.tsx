import { Title } from "@solidjs/meta";
import { A, useNavigate } from "@solidjs/router";
import { For, Show, createEffect, createMemo, createSignal, on } from "solid-js";
import { DraftPanel } from "~/author/draft-panel";
import { followRestart } from "~/author/follow-restart";
import { TaskDebugger } from "~/author/task-debugger";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { announcer } from "~/graph/announcer";
import { TaskGraph } from "~/graph/task-graph";
import { ask, type AskError } from "~/live/ask";
import { useMe } from "~/live/me";
import { livePlay } from "~/live/play";
import type { Play } from "~/live/types";
import type { TabTarget } from "~/markdown/scene";
import { atRest } from "./at-rest";
import { Brief } from "./brief";
import { PlayHead } from "./head";
import { Stopped } from "./stopped";
import { Strip } from "./strip";
import { loadXterm } from "~/terminal/terminal";
import { Terminals } from "./terminals";
import { TaskToast, type TaskNews } from "./toast";
import { Waiting } from "./waiting";

// With this page's own code, which comes before anybody asks for it. A terminal tells should it fail.
void loadXterm().catch(() => undefined);

const PANES = ["brief", "terminal", "graph"] as const;

/** One play: brief, terminals and the live graph. */
export default function PlayPage(props: { id: string }) {
  const live = livePlay(props.id);
  const { me } = useMe();
  return (
    <Show
      when={live.play()}
      fallback={
        <Show when={live.problem()} fallback={<Waiting />}>
          <Show
            when={me()}
            fallback={
              <Shell title="Sign in">
                <main class="empty">
                  <h1 class="t-title">A play is shown to its owner</h1>
                  <p style="margin:8px 0 24px">You are not signed in.</p>
                  <A class="btn primary" href={`/sign-in?then=/plays/${props.id}`}>
                    Sign in
                  </A>
                </main>
              </Shell>
            }
          >
            <Problem title="No such play" text={live.problem()} />
          </Show>
        </Show>
      }
    >
      {(play) => <Living play={play()} live={live} />}
    </Show>
  );
}

function Living(props: { play: Play; live: ReturnType<typeof livePlay> }) {
  const navigate = useNavigate();
  const { me, refetchMe } = useMe();
  const authored = () => ["author", "operator"].includes(me()?.role ?? "");
  const [error, setError] = createSignal("");
  const [pane, setPane] = createSignal<(typeof PANES)[number]>("terminal");
  const [full, setFull] = createSignal(false);
  // Another object each time: the same tab may be wanted twice.
  const [wanted, setWanted] = createSignal<TabTarget>();
  const play = () => props.play;
  // A play that failed before it was ready has no machines any more, either.
  const over = () => play().state.startsWith("DESTROY") || play().state === "FAILED";
  const told = (problem: Error & { help?: string }) =>
    setError(`${problem.message.replace(/\.$/, "")}. ${problem.help ?? ""}`.trim());
  const act = (query: string, then?: (answer: Record<string, { id: string }>) => void) => {
    setError("");
    ask<Record<string, { id: string }>>(query, { id: play().id }).then(
      (answer) => {
        then?.(answer);
        void props.live.refetch();
      },
      (problem: AskError) => told(problem),
    );
  };
  const restart = () =>
    act("mutation($id: ID!) { restartPlay(id: $id) { id } }", ({ restartPlay }) =>
      navigate(`/plays/${restartPlay!.id}`),
    );
  const extend = () => act("mutation($id: ID!) { extendPlay(id: $id) { id } }");
  const end = () => act("mutation($id: ID!) { endPlay(id: $id) { id } }");
  // What runs goes on later, where the machines can: their owner loses nothing by it.
  const pause = () => act("mutation($id: ID!) { pausePlay(id: $id, memory: true) { id } }");
  const goOn = () => act("mutation($id: ID!) { resumePlay(id: $id) { id } }");
  const stay = () => act("mutation($id: ID!) { stayPlay(id: $id) { id } }");
  const fork = (checkpoint: string, replace: boolean) => {
    setError("");
    ask<{ forkPlay: { id: string } }>(
      "mutation($id: ID!, $c: ID, $r: Boolean) { forkPlay(id: $id, checkpoint: $c, replace: $r) { id } }",
      { id: play().id, c: checkpoint || null, r: replace },
    ).then(
      ({ forkPlay }) => navigate(`/plays/${forkPlay.id}`),
      (problem: AskError) => told(problem),
    );
  };
  const again = () =>
    ask<{ startPlay: { id: string } }>(
      "mutation($c: String!, $a: [AnswerInput!]) { startPlay(challenge: $c, answers: $a) { id } }",
      { c: play().challenge.name, a: play().answers.map(({ key, value }) => ({ key, value })) },
    ).then(
      ({ startPlay }) => navigate(`/plays/${startPlay.id}`),
      (problem: AskError) => told(problem),
    );
  followRestart(play, (id) => navigate(`/plays/${id}`));
  createEffect(
    on(
      () => play().solve?.at,
      (at) => void (at && refetchMe()),
    ),
  );
  createEffect(() => (document.body.dataset["pane"] = pane()));
  const regular = createMemo(() =>
    play().challenge.tasks.filter((task) => task.kind === "regular"),
  );
  const state = (name: string) => play().tasks.find((task) => task.name === name)?.state ?? 0;
  const news = createMemo(
    (): TaskNews | undefined => {
      const last = play()
        .tasks.filter((one) => one.state >= 35 && regular().some((task) => task.name === one.name))
        .toSorted((a, b) => (a.changedAt ?? "").localeCompare(b.changedAt ?? ""))
        .at(-1);
      return (
        last && {
          title: regular().find((task) => task.name === last.name)!.title,
          state: last.state === 40 ? "completed" : "failed",
          left: regular().filter((task) => state(task.name) !== 40).length,
        }
      );
    },
    undefined,
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  const spoken = announcer(() => {
    const one = news();
    if (!one) return "";
    const next = regular().find((task) => state(task.name) === 30);
    return `${one.title}, ${one.state}, ${regular().length - one.left} of ${regular().length}.${next ? ` Next: ${next.title}.` : ""}`;
  });
  return (
    <div
      class="play"
      classList={{
        "is-stale": props.live.stale(),
        "is-still": props.live.stale() || play().failed || over() || atRest(play()),
        "is-full": full(),
      }}
      data-pane={pane()}
      data-kind={play().content.kind}
    >
      <Title>{`${play().challenge.title} · Agon`}</Title>
      <PlayHead
        play={play()}
        connection={props.live.connection()}
        onExtend={extend}
        onPause={pause}
        onGoOn={goOn}
        onFork={fork}
        onRestart={restart}
        onEnd={end}
      />
      <div>
        <Strip
          play={play()}
          error={error()}
          onClose={() => setError("")}
          onRestart={restart}
          onExtend={extend}
          onGoOn={goOn}
          onStay={stay}
          onFork={fork}
          onAgain={() => void again()}
        />
      </div>
      <main class="panes">
        <section class="pane p-brief" aria-label="Brief" tabindex="0">
          <Brief
            play={play()}
            onChange={() => void props.live.refetch()}
            onProblem={told}
            onRestart={restart}
            onTab={(target) => {
              setPane("terminal");
              setWanted({ ...target });
            }}
          />
        </section>
        <section class="pane p-term" aria-label="Terminals">
          <Show
            when={!over()}
            fallback={
              <div class="empty">
                <h2 class="t-head">The machines are gone</h2>
                <p style="margin:8px 0 24px">The brief and your result remain.</p>
                <button type="button" class="btn primary" onClick={() => void again()}>
                  Start again
                </button>
              </div>
            }
          >
            <Show when={!atRest(play())} fallback={<Stopped play={play()} onGoOn={goOn} />}>
              <Terminals
                play={play()}
                full={full()}
                wanted={wanted()}
                onFull={() => setFull(!full())}
                onProblem={told}
              />
            </Show>
          </Show>
        </section>
        <Show when={regular().length}>
          <TaskGraph
            play={play()}
            stale={props.live.stale()}
            folded={play().content.kind !== "challenge"}
            {...(authored() && {
              below: (task: string) => <TaskDebugger play={play()} task={task} />,
            })}
          />
        </Show>
      </main>
      <nav class="bottomtabs" aria-label="Panes">
        <For each={PANES}>
          {(name) => (
            <button type="button" aria-pressed={pane() === name} onClick={() => setPane(name)}>
              {name.charAt(0).toUpperCase() + name.slice(1)}
            </button>
          )}
        </For>
      </nav>
      <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcer">
        {spoken()}
      </div>
      <TaskToast news={news()} />
      <Show when={play().draft}>{(draft) => <DraftPanel draft={draft()} onFresh={restart} />}</Show>
    </div>
  );
}
