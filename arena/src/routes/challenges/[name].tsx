import { A, useParams } from "@solidjs/router";
import { Show, createResource } from "solid-js";
import { LiveBoard } from "~/components/board";
import { Difficulty, Icon } from "~/components/icon";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { createStart } from "~/content/create-start";
import { FollowSaves } from "~/content/follow-saves";
import { MachineList } from "~/content/machine-list";
import { Related } from "~/content/related";
import { StartQuestions } from "~/content/start-questions";
import { ROW, type ContentRow } from "~/content/types";
import { ask } from "~/live/ask";
import { deepSignal } from "~/live/deep-signal";
import { useMe } from "~/live/me";
import { CHALLENGE_FIELDS, type Challenge } from "~/live/types";
import { Body } from "~/markdown/body";
import { still } from "~/markdown/scene";

export default function ChallengePage() {
  const { me } = useMe();
  const params = useParams();
  const { answers, start, error, starting } = createStart();
  const [related] = createResource(
    () => params["name"] ?? "",
    async (name) =>
      (
        await ask<{ content: { related: ContentRow[] } | null }>(
          `query($n: String!) { content(kind: "challenge", name: $n) { related { ${ROW} } } }`,
          { n: name },
        )
      ).content?.related ?? [],
  );
  const [challenge, { refetch }] = createResource(
    () => [params["name"] ?? "", me()?.id ?? ""] as const,
    async ([name]) =>
      (
        await ask<{ challenge: Challenge | null }>(
          `query($n: String!) { challenge(name: $n) { ${CHALLENGE_FIELDS} } }`,
          { n: name },
        )
      ).challenge,
    { storage: deepSignal },
  );
  const sceneOf = (one: Challenge) =>
    still({
      code: one.code,
      assets: one.assets,
      references: one.references,
      author: ["author", "operator"].includes(me()?.role ?? ""),
      hint: (id) => {
        const hint = one.hints.find((known) => known.id === id);
        return (
          <div class="hintrow">
            <Icon name="hint" />
            <span>{hint?.title}</span>
            <span class="meta">in the play, −{hint?.cost ?? 0} points</span>
          </div>
        );
      },
    });
  return (
    <>
      <FollowSaves kind="challenge" name={params["name"] ?? ""} onSave={() => void refetch()} />
      <Show
        when={challenge.latest?.name}
        keyed
        fallback={
          challenge.state === "ready" ? (
            <Problem
              title="No such challenge"
              text={`There is no challenge ${params["name"]} here.`}
            />
          ) : (
            <Shell title="Challenge">
              <h1 class="t-title">Challenge</h1>
              <div class="loading" />
              <div class="loading" />
            </Shell>
          )
        }
      >
        {(_name) => {
          // Of one challenge: a save changes it where it stands.
          const one = () => challenge.latest!;
          return (
            <Shell title={one().title}>
              <div class="cols">
                <main>
                  <div class="pagehead">
                    <div>
                      <h1 class="t-title">{one().title}</h1>
                      <p class="dim">{one().description}</p>
                    </div>
                    <div class="end">
                      <Show
                        when={one().activePlay}
                        fallback={
                          <button
                            type="button"
                            class="btn primary lg"
                            data-testid="start-play"
                            disabled={starting()}
                            onClick={() => void start(one().name, one().questions)}
                          >
                            {starting()
                              ? "Starting"
                              : me()
                                ? "Start challenge"
                                : "Sign in to start"}
                          </button>
                        }
                      >
                        <A class="btn primary lg" href={`/plays/${one().activePlay!.id}`}>
                          Go on
                        </A>
                      </Show>
                    </div>
                  </div>
                  <Show when={error()}>
                    <div class="formerror" role="alert">
                      {error()}
                    </div>
                  </Show>
                  <Show when={!one().activePlay && one().questions.length}>
                    <section class="panel pad" style="margin-bottom:16px">
                      <StartQuestions questions={one().questions} answers={answers} />
                    </section>
                  </Show>
                  <article class="panel" style="padding:8px 24px 24px">
                    <div class="brief" style="padding:0">
                      <div class="facts" style="margin-top:16px">
                        <Difficulty level={one().difficulty} />
                        <span>
                          {one().machines.length} machine{one().machines.length > 1 ? "s" : ""}
                        </span>
                        <span>{one().points} points</span>
                        <span>
                          {one().solvedBy} solve{one().solvedBy === 1 ? "" : "s"}
                        </span>
                      </div>
                      <Body text={one().body} scene={sceneOf(one())} />
                    </div>
                  </article>
                </main>
                <aside>
                  <section class="panel">
                    <header>
                      <h2>Machines</h2>
                    </header>
                    <MachineList machines={one().machines} />
                  </section>
                  <section class="panel" style="margin-top:16px">
                    <header>
                      <h2>Best of this challenge</h2>
                    </header>
                    <LiveBoard challenge={one().name} first={10} compact />
                  </section>
                  <div style="margin-top:16px">
                    <Related rows={related.latest ?? []} />
                  </div>
                </aside>
              </div>
            </Shell>
          );
        }}
      </Show>
    </>
  );
}
