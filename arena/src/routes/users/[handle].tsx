import { A, useNavigate, useParams } from "@solidjs/router";
import { For, Show, createResource } from "solid-js";
import { Avatar, Glyph } from "~/components/icon";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { stateWord } from "~/graph/state";
import { ask } from "~/live/ask";
import { age, span } from "~/live/clock";
import { useMe } from "~/live/me";

interface Profile {
  handle: string;
  name: string;
  joinedAt: string;
  points: number;
  rank: number | null;
  solves: {
    challenge: string;
    title: string;
    points: number;
    at: string;
    seconds: number;
    firstSolve: boolean;
  }[];
  attempts: {
    play: string;
    challenge: string;
    title: string;
    startedAt: string;
    endedAt: string | null;
    state: string;
    tasks: { name: string; state: number; seconds: number | null }[];
  }[];
}

/** Tasks or solves per day of the last 53 weeks, as five steps. */
function heat(solves: Profile["solves"]): number[] {
  const days = Array.from({ length: 371 }, () => 0);
  for (const solve of solves) {
    const ago = Math.floor((Date.now() - Date.parse(solve.at)) / 86_400_000);
    if (ago < 371) days[370 - ago]! += 1;
  }
  return days.map((count) => Math.min(4, count));
}

export default function ProfilePage() {
  const { me, refetchMe } = useMe();
  const params = useParams();
  const navigate = useNavigate();
  const [profile] = createResource(
    () => params["handle"],
    async (handle) =>
      (
        await ask<{ profile: Profile | null }>(
          "query($h: String!) { profile(handle: $h) { handle name joinedAt points rank solves { challenge title points at seconds firstSolve } attempts { play challenge title startedAt endedAt state tasks { name state seconds } } } }",
          { h: handle },
        )
      ).profile,
  );
  const signOut = async () => {
    await fetch("/api/auth/sign-out", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    await refetchMe();
    navigate("/");
  };
  return (
    <Show
      when={profile.latest}
      keyed
      fallback={
        profile.state === "ready" ? (
          <Problem title="No such player" text={`There is no player ${params["handle"]} here.`} />
        ) : (
          <Shell title="Profile">
            <h1 class="t-title">{params["handle"]}</h1>
            <div class="loading" />
            <div class="loading" />
          </Shell>
        )
      }
    >
      {(one) => (
        <Shell title={one.handle}>
          <div class="stack" style="max-width:1136px">
            <header style="display:flex;gap:16px;align-items:center;flex-wrap:wrap">
              <Avatar handle={one.handle} large me={one.handle === me()?.handle} />
              <div>
                <h1 class="t-title">{one.name || one.handle}</h1>
                <p class="dim">
                  {one.handle}, here for {age(one.joinedAt)}
                </p>
              </div>
              <div class="figs" style="margin-left:auto">
                <div>
                  <b>{one.rank ?? "–"}</b>
                  <span class="meta">Rank</span>
                </div>
                <div>
                  <b>{one.points.toLocaleString("en")}</b>
                  <span class="meta">Points</span>
                </div>
                <div>
                  <b>{one.solves.length}</b>
                  <span class="meta">Solves</span>
                </div>
              </div>
              <Show when={one.handle === me()?.handle}>
                <A class="btn" href="/settings">
                  Settings
                </A>
                <button type="button" class="btn" onClick={() => void signOut()}>
                  Sign out
                </button>
              </Show>
            </header>
            <section class="panel">
              <header>
                <h2>Last 12 months</h2>
              </header>
              <div class="pad tablewrap">
                <div
                  class="year"
                  role="img"
                  aria-label="Solves per day in the last 12 months"
                  style="grid-auto-columns:1fr;min-width:640px"
                >
                  <For each={heat(one.solves)}>
                    {(step) => <i class={step ? `h${step}` : ""} />}
                  </For>
                </div>
              </div>
            </section>
            <section class="panel">
              <header>
                <h2>Attempts</h2>
              </header>
              <div class="tablewrap">
                <table class="tbl" style="width:100%">
                  <thead>
                    <tr>
                      <th>Challenge</th>
                      <th>Tasks</th>
                      <th class="r opt760">Started</th>
                      <th class="r">Points</th>
                    </tr>
                  </thead>
                  <tbody>
                    <For
                      each={one.attempts}
                      fallback={
                        <tr>
                          <td colspan="4" class="empty">
                            No attempts yet.
                          </td>
                        </tr>
                      }
                    >
                      {(attempt) => {
                        const solve = one.solves.find(
                          (candidate) => candidate.challenge === attempt.challenge,
                        );
                        return (
                          <tr>
                            <td>
                              <A class="strong" href={`/challenges/${attempt.challenge}`}>
                                {attempt.title}
                              </A>
                            </td>
                            <td>
                              <For each={attempt.tasks}>
                                {(task) => (
                                  <span
                                    title={`${task.name}: ${stateWord(task.state)}${task.seconds === null ? "" : ` after ${span(task.seconds * 1000)}`}`}
                                  >
                                    <Glyph state={stateWord(task.state)} />{" "}
                                  </span>
                                )}
                              </For>
                            </td>
                            <td class="r dim opt760">{age(attempt.startedAt)} ago</td>
                            <td class="r">
                              {solve ? `${solve.points}${solve.firstSolve ? ", first" : ""}` : "–"}
                            </td>
                          </tr>
                        );
                      }}
                    </For>
                  </tbody>
                </table>
              </div>
            </section>
          </div>
        </Shell>
      )}
    </Show>
  );
}
