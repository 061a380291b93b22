import { A, useNavigate, useParams } from "@solidjs/router";
import { For, Show, createResource } from "solid-js";
import { Avatar } from "~/components/icon";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { Attempts, type AttemptTask } from "~/components/attempts";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
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
    tasks: AttemptTask[];
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

/** Short names of the twelve months up to this one, the oldest first. */
function months(): string[] {
  const today = new Date();
  return Array.from({ length: 12 }, (_, at) =>
    new Date(today.getFullYear(), today.getMonth() - 11 + at, 1).toLocaleString("en", {
      month: "short",
    }),
  );
}

export default function ProfilePage() {
  const { me, refetchMe } = useMe();
  const params = useParams();
  const navigate = useNavigate();
  const [profile, { refetch }] = createResource(
    () => params["handle"],
    async (handle) =>
      (
        await ask<{ profile: Profile | null }>(
          "query($h: String!) { profile(handle: $h) { handle name joinedAt points rank solves { challenge title points at seconds firstSolve } attempts { play challenge title startedAt endedAt state tasks { name title state seconds median } } } }",
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
          <main class="stack" style="max-width:1136px">
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
                <h2>
                  <span class="opt760">Last 12 months</span>
                  <span class="only760">Last 17 weeks</span>
                </h2>
                <span class="meta">Solves per day, today at the end</span>
              </header>
              <div class="pad">
                <div class="months" aria-hidden="true">
                  <For each={months()}>{(name) => <span>{name}</span>}</For>
                </div>
                <div
                  class="year"
                  role="img"
                  aria-label="Solves per day in the last 12 months"
                  style="grid-auto-columns:1fr"
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
                <span class="meta">
                  {one.attempts.length} attempt{one.attempts.length === 1 ? "" : "s"},{" "}
                  {one.solves.length} solve{one.solves.length === 1 ? "" : "s"}
                </span>
              </header>
              <Attempts
                attempts={one.attempts}
                solves={one.solves}
                own={one.handle === me()?.handle}
                onChange={() => void refetch()}
              />
            </section>
          </main>
        </Shell>
      )}
    </Show>
  );
}
