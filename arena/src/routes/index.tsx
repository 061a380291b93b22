import { A } from "@solidjs/router";
import { For, Show, createResource } from "solid-js";
import { LiveBoard } from "~/components/board";
import { Feed } from "~/components/feed";
import { Difficulty } from "~/components/icon";
import { KeptActs } from "~/components/kept-acts";
import { Shell } from "~/components/shell";
import { UnderWay } from "~/content/under-way";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { useMe } from "~/live/me";
import { CHALLENGE_ROW, type Challenge } from "~/live/types";

/** "2 of 5": what counts are regular tasks. */
function progress(play: {
  tasks: { name: string; state: number }[];
  challenge: { tasks: { name: string; kind: string }[] };
}): string {
  const regular = play.challenge.tasks.filter((task) => task.kind === "regular");
  const done = play.tasks.filter(
    (task) => task.state === 40 && regular.some((one) => one.name === task.name),
  );
  return `${done.length} of ${regular.length}`;
}

export default function Home() {
  const { me } = useMe();
  const [plays, { refetch }] = createResource(
    () => me()?.id,
    async () =>
      (
        await ask<{
          myPlays: {
            id: string;
            state: string;
            keptUntil: string | null;
            completed: boolean;
            startedAt: string;
            challenge: Challenge & { tasks: { name: string; kind: string }[] };
            tasks: { name: string; state: number }[];
          }[];
        }>(
          `{ myPlays(active: true) { id state keptUntil startedAt completed tasks { name state } challenge { ${CHALLENGE_ROW} tasks { name kind } } } }`,
        )
      ).myPlays,
  );
  const [challenges] = createResource(
    async () =>
      (await ask<{ challenges: Challenge[] }>(`{ challenges { ${CHALLENGE_ROW} } }`)).challenges,
  );
  const next = () => (challenges.latest ?? []).filter((one) => one.status === "todo").slice(0, 6);
  return (
    <Shell title="Home">
      <div class="cols">
        <main class="stack">
          <Show when={me() === null}>
            <section>
              <h1 class="t-title">A real machine is the judge</h1>
              <p class="dim" style="margin:8px 0 16px;font-size:15px;line-height:24px">
                Fix it in the shell. Each task turns green the moment the world is right, without a
                button.
              </p>
              <A class="btn primary" href="/sign-in?mode=up">
                Create an account
              </A>
            </section>
          </Show>
          <Show when={me()}>
            <section>
              <h1 class="t-sect secthead">Continue</h1>
              <For
                each={plays.latest ?? []}
                fallback={
                  <p class="panel empty">
                    Nothing runs. Choose a challenge below; its machines start in about a second.
                  </p>
                }
              >
                {(play, index) => (
                  <div class="panel cont">
                    <div>
                      <div style="display:flex;align-items:baseline;gap:12px;flex-wrap:wrap">
                        <h2 class="t-head">{play.challenge.title}</h2>
                        <Show when={play.challenge.points}>
                          <span class="dim">
                            <Difficulty level={play.challenge.difficulty} />
                          </span>
                        </Show>
                      </div>
                      <p class="dim" style="margin:4px 0 16px">
                        {play.challenge.description}
                      </p>
                      <Show
                        when={play.state === "STOPPED"}
                        fallback={
                          <A
                            class={index() === 0 ? "btn primary" : "btn"}
                            href={`/plays/${play.id}`}
                          >
                            {play.completed ? "Look again" : "Go on"}
                          </A>
                        }
                      >
                        <KeptActs
                          play={play.id}
                          primary={index() === 0}
                          onChange={() => void refetch()}
                        />
                      </Show>
                      <span class="meta" style="margin-left:8px">
                        {play.state === "STOPPED" ? "paused, files are kept, " : ""}
                        {play.completed ? "solved, " : ""}
                        {progress(play)} tasks, started {age(play.startedAt)} ago
                      </span>
                    </div>
                  </div>
                )}
              </For>
            </section>
            <UnderWay />
          </Show>
          <section>
            <h2 class="t-sect secthead">Next for you</h2>
            <div class="panel tablewrap">
              <table class="tbl" style="width:100%">
                <tbody>
                  <For
                    each={next()}
                    fallback={
                      <tr>
                        <td class="empty">You tried everything that is here.</td>
                      </tr>
                    }
                  >
                    {(one) => (
                      <tr>
                        <td>
                          <A class="strong" href={`/challenges/${one.name}`}>
                            {one.title}
                          </A>
                          <div class="dim opt760">{one.description}</div>
                        </td>
                        <td class="dim">
                          <Difficulty level={one.difficulty} />
                        </td>
                        <td class="r nowrap">
                          {one.points} <span class="faint">points</span>
                        </td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
            </div>
          </section>
        </main>
        <aside>
          <section class="panel">
            <header>
              <h2>Leaderboard</h2>
              <A class="meta link" href="/leaderboard">
                All
              </A>
            </header>
            <LiveBoard first={5} compact />
          </section>
          <section class="panel" style="margin-top:16px">
            <header>
              <h2>Now</h2>
            </header>
            <Feed />
          </section>
        </aside>
      </div>
    </Shell>
  );
}
