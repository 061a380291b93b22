import { Title } from "@solidjs/meta";
import { A, useNavigate, useParams } from "@solidjs/router";
import { For, Show, createEffect, createMemo, createSignal, on, type JSX } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Difficulty, Glyph, Icon, Mark, ThemeButton } from "~/components/icon";
import { Problem } from "~/components/problem";
import { stateWord } from "~/graph/state";
import { TaskGraph } from "~/graph/task-graph";
import { ask, type AskError } from "~/live/ask";
import { now, span } from "~/live/clock";
import { refetchMe } from "~/live/me";
import { livePlay } from "~/live/play";
import type { Hint, Play } from "~/live/types";
import { Body } from "~/markdown/body";
import { html } from "~/markdown/html";
import { Terminal } from "~/terminal/terminal";

/** A new page for each play: restarting goes to another id. */
export default function PlayRoute() {
  const params = useParams();
  return (
    <Show when={params["id"]} keyed>
      {(id) => <PlayPage id={id} />}
    </Show>
  );
}

function PlayPage(props: { id: string }) {
  const live = livePlay(props.id);
  return (
    <Show
      when={live.play()}
      fallback={
        <Show
          when={live.problem()}
          fallback={
            <div class="page">
              <div class="loading" />
              <div class="loading" />
              <div class="loading" />
            </div>
          }
        >
          <Problem title="No such play" text={live.problem()} />
        </Show>
      }
    >
      {(play) => <Living play={play()} live={live} />}
    </Show>
  );
}

function Living(props: { play: Play; live: ReturnType<typeof livePlay> }) {
  const navigate = useNavigate();
  const [error, setError] = createSignal("");
  const [pane, setPane] = createSignal("terminal");
  const play = () => props.play;
  const challenge = createMemo(() => play().challenge);
  const regular = createMemo(() => challenge().tasks.filter((task) => task.kind === "regular"));
  const state = (name: string) => play().tasks.find((task) => task.name === name)?.state ?? 0;
  const done = () => regular().filter((task) => state(task.name) === 40).length;
  const over = () => play().state.startsWith("DESTROY");
  const preparing = () => ["CREATED", "WARMING_UP", "WARMED_UP", "STARTING"].includes(play().state);
  const shells = createMemo(
    () =>
      challenge()
        .machines.filter((machine) => !machine.noSSH)
        .map((machine) => machine.name),
    undefined,
    { equals: (a, b) => a.join() === b.join() },
  );
  const [tab, setTab] = createSignal<string>();
  const shown = () => tab() ?? shells()[0];
  const [opened, setOpened] = createSignal<string[]>([]);
  createEffect(() => {
    const machine = shown();
    if (!preparing() && !over() && machine && !opened().includes(machine))
      setOpened([...opened(), machine]);
  });
  const act = (query: string, then?: (answer: Record<string, { id: string }>) => void) => {
    setError("");
    ask<Record<string, { id: string }>>(query, { id: play().id }).then(
      (answer) => {
        then?.(answer);
        void props.live.refetch();
      },
      (problem: AskError) => setError(`${problem.message} ${problem.help}`),
    );
  };
  const restart = () =>
    act("mutation($id: ID!) { restartPlay(id: $id) { id } }", ({ restartPlay }) =>
      navigate(`/plays/${restartPlay!.id}`),
    );
  const again = () =>
    ask<{ startPlay: { id: string } }>(
      "mutation($c: String!) { startPlay(challenge: $c) { id } }",
      { c: challenge().name },
    ).then(
      ({ startPlay }) => navigate(`/plays/${startPlay.id}`),
      (problem: AskError) => setError(`${problem.message} ${problem.help}`),
    );
  createEffect(
    on(
      () => play().solve?.at,
      (at) => at && refetchMe(),
    ),
  );
  const started = () => Date.parse(play().startedAt);
  const time = () =>
    span(
      (play().solve
        ? Date.parse(play().solve!.at)
        : play().endedAt
          ? Date.parse(play().endedAt!)
          : now()) - started(),
    );
  const announced = createMemo(() => {
    const last = play()
      .tasks.filter((one) => one.state === 40 && regular().some((task) => task.name === one.name))
      .sort((a, b) => (a.changedAt ?? "").localeCompare(b.changedAt ?? ""))
      .at(-1);
    if (!last) return "";
    const title = (name: string) => regular().find((task) => task.name === name)!.title;
    const next = regular().find((task) => state(task.name) === 30);
    return `${title(last.name)}, completed, ${done()} of ${regular().length}.${next ? ` Next: ${next.title}` : ""}`;
  });
  const connection = () => (props.live.stale() ? "reconnecting" : "live");
  return (
    <div
      class="play"
      classList={{
        "is-stale": props.live.stale(),
        "is-still": props.live.stale() || play().failed || over(),
      }}
      data-pane={pane()}
      ref={() => (document.body.dataset["pane"] = pane())}
    >
      <Title>{`${challenge().title} · Agon`}</Title>
      <header class="playhead">
        <A class="brand" href="/challenges" aria-label="Back to challenges">
          <Mark />
        </A>
        <span class="sep" />
        <h1>{challenge().title}</h1>
        <div class="progress">
          <div class="cells" aria-hidden="true">
            <For each={regular()}>
              {(task) => (
                <i
                  classList={{
                    c: state(task.name) === 40,
                    r: state(task.name) === 30,
                    f: state(task.name) === 35,
                  }}
                />
              )}
            </For>
          </div>
          <span class="n">
            {done()} of {regular().length} <span class="faint wide">completed</span>
          </span>
        </div>
        <div class="stats">
          <span class="stat">
            Time <b>{time()}</b>
          </span>
          <span class="stat wide">
            Points <b>{play().solve ? play().solve!.points : `0 of ${challenge().points}`}</b>
          </span>
          <Show when={challenge().hints.length}>
            <span class="stat wide">
              Hints{" "}
              <b>
                {challenge().hints.filter((hint) => hint.taken).length} of{" "}
                {challenge().hints.length}
              </b>
            </span>
          </Show>
          <Show when={!over()}>
            <span class="stat wide">
              Ends in <b>{span(Date.parse(play().expiresAt) - now())}</b>
            </span>
          </Show>
          <span class="sep wide" />
          <span class="stat link-live" data-testid="connection" data-state={connection()}>
            <i class={connection() === "live" ? "dot" : "dot half"} />
            {connection() === "live"
              ? "Live"
              : `Reconnecting, ${Math.round(props.live.silence() / 1000)} s old`}
          </span>
          <Show when={!over()}>
            <button
              type="button"
              class="btn quiet sm wide"
              disabled={play().extensions >= 3}
              title={play().extensions >= 3 ? "Extended three times already" : "One more hour"}
              onClick={() => act("mutation($id: ID!) { extendPlay(id: $id) { id } }")}
            >
              Extend
            </button>
            <ConfirmButton
              class="btn quiet sm wide"
              label={
                <>
                  <Icon name="restart" />
                  Restart
                </>
              }
              title="Restart this attempt?"
              text="The machines and everything on them are deleted, and the attempt begins anew. Recorded solves stay."
              act="Restart attempt"
              danger
              onConfirm={restart}
            />
            <ConfirmButton
              class="btn quiet sm wide"
              testid="end-play"
              label="End"
              title="End this attempt?"
              text="The machines and everything on them are deleted. Recorded solves stay."
              act="End attempt"
              danger
              onConfirm={() => act("mutation($id: ID!) { endPlay(id: $id) { id } }")}
            />
          </Show>
          <ThemeButton />
        </div>
      </header>
      <div>
        <Show when={error()}>
          <div class="banner failed-b" role="alert">
            {error()}
            <div class="end">
              <button type="button" class="btn sm" onClick={() => setError("")}>
                Close
              </button>
            </div>
          </div>
        </Show>
        <Show when={!error() && (play().state === "FAILED" || play().failed)}>
          <div class="banner failed-b" role="alert">
            <Glyph state="failed" />
            <span>
              {play().reason ||
                play().tasks.find((task) => task.state === 35)?.failure ||
                "The attempt failed."}
            </span>
            <div class="end">
              <button type="button" class="btn sm" onClick={restart}>
                Restart attempt
              </button>
            </div>
          </div>
        </Show>
        <Show when={play().solve}>
          {(solve) => (
            <section class="result" aria-label="Result" role="status" data-testid="solved-strip">
              <div class="fig">
                <b>{span(solve().seconds * 1000)}</b>
                <span class="meta">Solved</span>
              </div>
              <div class="fig">
                <b>{solve().points}</b>
                <span class="meta">
                  points{solve().firstSolve ? ", first solve" : ""}
                  {solve().hintCost ? `, hints −${solve().hintCost}` : ""}
                </span>
              </div>
              <div class="end">
                <A class="btn" href="/leaderboard">
                  Leaderboard
                </A>
                <A class="btn primary" href="/challenges">
                  Next challenge
                </A>
              </div>
            </section>
          )}
        </Show>
      </div>
      <main class="panes">
        <section class="pane p-brief" aria-label="Brief">
          <Brief
            play={play()}
            onChange={() => void props.live.refetch()}
            onProblem={(problem) => setError(`${problem.message} ${problem.help ?? ""}`)}
          />
        </section>
        <section class="pane p-term" aria-label="Terminals">
          <Show
            when={!over()}
            fallback={
              <div class="empty">
                <h2 class="t-head">Machines are gone</h2>
                <p style="margin:8px 0 24px">The brief and your result remain.</p>
                <button type="button" class="btn primary" onClick={() => void again()}>
                  Start again
                </button>
              </div>
            }
          >
            <div class="tabs" role="tablist">
              <For each={shells()}>
                {(machine) => (
                  <button
                    type="button"
                    role="tab"
                    style="border:0;background:none;font:inherit"
                    tabindex={shown() === machine ? 0 : -1}
                    onKeyDown={(event) => {
                      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                      const next = step && shells()[shells().indexOf(machine) + step];
                      if (!next) return;
                      setTab(next);
                      const tabs = event.currentTarget.parentElement!.children;
                      (tabs[shells().indexOf(next)] as HTMLElement).focus();
                    }}
                    aria-selected={shown() === machine}
                    onClick={() => setTab(machine)}
                  >
                    <Icon name="terminal" />
                    {machine}
                  </button>
                )}
              </For>
            </div>
            <Show when={!preparing()} fallback={<Preparing play={play()} />}>
              <For each={opened()}>
                {(machine) => (
                  <Terminal play={play().id} machine={machine} visible={shown() === machine} />
                )}
              </For>
            </Show>
          </Show>
        </section>
        <TaskGraph play={play()} stale={props.live.stale()} />
      </main>
      <nav class="bottomtabs" aria-label="Panes">
        {["brief", "terminal", "graph"].map((name) => (
          <button
            type="button"
            aria-pressed={pane() === name}
            onClick={() => {
              setPane(name);
              document.body.dataset["pane"] = name;
            }}
          >
            {name.charAt(0).toUpperCase() + name.slice(1)}
          </button>
        ))}
      </nav>
      <div class="visually-hidden" role="status" aria-live="polite">
        {announced()}
      </div>
    </div>
  );
}

/** Steps per machine while the play gets ready. */
function Preparing(props: { play: Play }) {
  const inits = (machine: string) =>
    props.play.challenge.tasks.filter((task) => task.kind === "init" && task.machine === machine);
  const state = (name: string) => props.play.tasks.find((task) => task.name === name)?.state ?? 0;
  const running = (machine: string) =>
    props.play.machines.find((one) => one.name === machine)?.state === "RUNNING";
  const steps = () =>
    props.play.challenge.machines.flatMap((machine) => [
      running(machine.name),
      ...inits(machine.name).map((task) => state(task.name) === 40),
    ]);
  const done = () => steps().filter(Boolean).length;
  return (
    <div class="starting">
      <div>
        <h2 class="t-head">Preparing your machines</h2>
        <p class="dim" style="margin-top:4px">
          {done()} of {steps().length} steps completed.
        </p>
        <div
          class="meter"
          role="progressbar"
          aria-valuenow={done()}
          aria-valuemax={steps().length}
          aria-label="Steps completed"
        >
          <i style={`width:${(100 * done()) / Math.max(1, steps().length)}%`} />
        </div>
        <div class="steps">
          <For each={props.play.challenge.machines}>
            {(machine) => (
              <div>
                <h4>{machine.name}</h4>
                <ul>
                  <li>
                    <Glyph state={running(machine.name) ? "completed" : "running"} />
                    Machine started
                  </li>
                  <For each={inits(machine.name)}>
                    {(task) => (
                      <li>
                        <Glyph state={stateWord(state(task.name))} />
                        {task.title.replace(/^init_/, "").replaceAll("_", " ")}
                      </li>
                    )}
                  </For>
                </ul>
              </div>
            )}
          </For>
        </div>
      </div>
    </div>
  );
}

/** The statement with its tasks, hints and the solution. */
function Brief(props: {
  play: Play;
  onChange: () => void;
  onProblem: (problem: Error & { help?: string }) => void;
}) {
  const challenge = () => props.play.challenge;
  const body = createMemo(() => challenge().body);
  const [bodies, setBodies] = createSignal<Record<string, string>>({});
  const [solution, setSolution] = createSignal("");
  const hint = (id: string): Hint | undefined => challenge().hints.find((one) => one.id === id);
  const take = (id: string) =>
    ask<{ takeHint: Hint }>(
      "mutation($c: String!, $h: ID!) { takeHint(challenge: $c, hint: $h) { id body } }",
      { c: challenge().name, h: id },
    ).then(({ takeHint }) => {
      setBodies({ ...bodies(), [id]: takeHint.body ?? "" });
      props.onChange();
    }, props.onProblem);
  const text = (id: string) => bodies()[id] ?? hint(id)?.body ?? "";
  return (
    <div class="brief">
      <h2>{challenge().title}</h2>
      <div class="facts">
        <Difficulty level={challenge().difficulty} />
        <span>
          {challenge().machines.length} machine{challenge().machines.length > 1 ? "s" : ""}
        </span>
        <span>{challenge().points} points</span>
        <span>{challenge().solvedBy} solves</span>
      </div>
      <Body
        text={body()}
        parts={{
          task: (name, active, completed, input) => (
            <TaskBlock
              play={props.play}
              name={name}
              active={active}
              completed={completed}
              input={input}
            />
          ),
          hint: (id) => (
            <Show when={hint(id)}>
              {(known) => (
                <Show
                  when={text(id)}
                  fallback={
                    <div class="hintrow">
                      <Icon name="hint" />
                      <span>{known().title}</span>
                      <Show
                        when={known().cost > 0}
                        fallback={
                          <button type="button" class="btn sm" onClick={() => void take(id)}>
                            Show
                          </button>
                        }
                      >
                        <ConfirmButton
                          class="btn sm"
                          label={`Take it, −${known().cost} points`}
                          title="Take this hint?"
                          text={`“${known().title}” costs ${known().cost} points of this challenge.`}
                          keep="Not now"
                          act="Take hint"
                          onConfirm={() => void take(id)}
                        />
                      </Show>
                    </div>
                  }
                >
                  <div class="callout">
                    <b>{known().title}</b>
                    <div class="md" innerHTML={html(text(id))} />
                  </div>
                </Show>
              )}
            </Show>
          ),
        }}
      />
      <Show when={challenge().hasSolution}>
        <Show
          when={solution()}
          fallback={
            <div class="hintrow">
              <Icon name="book" />
              <span>Solution</span>
              <ConfirmButton
                class="btn sm"
                label="Show it"
                title="Show the solution?"
                text="Before you solved the challenge, reading the solution costs all of its points."
                act="Show solution"
                keep="Not now"
                onConfirm={() =>
                  void ask<{ takeSolution: string }>(
                    "mutation($c: String!) { takeSolution(challenge: $c) }",
                    { c: challenge().name },
                  ).then(({ takeSolution }) => setSolution(takeSolution), props.onProblem)
                }
              />
            </div>
          }
        >
          <div class="callout md" innerHTML={html(solution())} />
        </Show>
      </Show>
    </div>
  );
}

/** One task in the brief: what to reach, its state, its reason, and the input when it takes one. */
function TaskBlock(props: {
  play: Play;
  name: string;
  active: JSX.Element;
  completed: JSX.Element;
  input: { wanted: boolean; regex: string };
}) {
  const task = () => props.play.tasks.find((one) => one.name === props.name);
  const code = () => task()?.state ?? 0;
  const word = () => stateWord(code());
  const [value, setValue] = createSignal("");
  const [error, setError] = createSignal("");
  const [sent, setSent] = createSignal(false);
  const submit = (event: Event) => {
    event.preventDefault();
    setError("");
    if (props.input.regex && !new RegExp(props.input.regex).test(value())) {
      setError(`The answer does not have the form ${props.input.regex}`);
      return;
    }
    ask(
      "mutation($p: ID!, $t: String!, $v: String!) { submitInput(play: $p, task: $t, value: $v) }",
      { p: props.play.id, t: props.name, v: value() },
    ).then(
      () => setSent(true),
      (problem: AskError) => setError(`${problem.message} ${problem.help}`),
    );
  };
  return (
    <div
      class={`task ${word()}`}
      data-testid="task-block"
      data-task={props.name}
      data-state={code()}
    >
      <div class="row">
        <Glyph state={word()} />
        <div class="body">
          <Show when={code() === 40} fallback={props.active}>
            {props.completed}
          </Show>
          <Show when={props.input.wanted && code() < 40}>
            <form onSubmit={submit}>
              <input
                class="field mono"
                aria-label="Answer"
                data-testid="task-input"
                value={value()}
                maxlength={4096}
                disabled={code() !== 30}
                onInput={(event) => setValue(event.currentTarget.value)}
              />
              <button type="submit" class="btn" data-testid="task-submit" disabled={code() !== 30}>
                Submit
              </button>
            </form>
          </Show>
        </div>
        <span class="state">
          {code() === 0 ? "" : word().charAt(0).toUpperCase() + word().slice(1)}
        </span>
      </div>
      <Show when={error()}>
        <div class="why" role="alert">
          {error()}
        </div>
      </Show>
      <Show when={code() === 30 && (task()?.hint || sent())}>
        <div class="why" data-testid="task-hint" style="white-space:pre-wrap">
          <b>Not yet.</b> {task()?.hint}
        </div>
      </Show>
      <Show when={code() === 35}>
        <div class="why" style="white-space:pre-wrap">
          <b>Why it failed.</b> {task()?.failure}
        </div>
      </Show>
    </div>
  );
}
