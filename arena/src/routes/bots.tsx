import { A } from "@solidjs/router";
import { For, Show, createMemo, createResource, onCleanup, onMount } from "solid-js";
import { Glyph } from "~/components/icon";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { playPath } from "~/markdown/addresses";
import { age, span } from "~/live/clock";
import { useMe } from "~/live/me";

interface Run {
  id: string;
  batch: string;
  challenge: string;
  variant: string;
  solution: string | null;
  backend: string;
  verdict: string;
  seconds: number;
  reason: string;
  at: string;
  nightly: boolean;
}

/** Runs that the page asks for; the foot says so when there are more. */
const SHOWN = 200;
/** Milliseconds between two looks: runs take seconds to minutes each. */
const PAUSE = 10_000;
const VARIANT: Record<string, string> = {
  nothing: "Doing nothing",
  wrong: "A wrong attempt",
  solution: "Its solution",
};

/** One night, or one run by hand, with its challenges. */
interface Batch {
  id: string;
  nightly: boolean;
  at: string;
  passed: number;
  seconds: number;
  runs: Run[];
}

function batches(runs: Run[]): Batch[] {
  return [...Map.groupBy(runs, (run) => run.batch)].map(([id, some]) => ({
    id,
    nightly: some[0]!.nightly,
    at: some.reduce((last, run) => (run.at > last ? run.at : last), ""),
    passed: some.filter((run) => run.verdict === "pass").length,
    seconds: some.reduce((sum, run) => sum + run.seconds, 0),
    runs: some.toSorted(
      (a, b) => a.challenge.localeCompare(b.challenge) || a.variant.localeCompare(b.variant),
    ),
  }));
}

export default function Bots() {
  const { me } = useMe();
  const [runs, { refetch }] = createResource(
    () => me()?.id ?? "nobody",
    async () =>
      (
        await ask<{ botRuns: Run[] }>(
          `{ botRuns(first: ${SHOWN}) { id batch challenge variant solution backend verdict seconds reason at nightly } }`,
        )
      ).botRuns,
  );
  onMount(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void Promise.resolve(refetch()).catch(() => undefined);
    }, PAUSE);
    onCleanup(() => clearInterval(timer));
  });
  const all = createMemo(() => batches(runs.latest ?? []));
  return (
    <Shell title="Bots">
      <main class="stack">
        <div class="pagehead">
          <div>
            <h1 class="t-title">Bots</h1>
            <p class="dim">
              Every night each challenge is proven: by its solutions, by a wrong attempt, and by
              doing nothing.
            </p>
          </div>
        </div>
        <For
          each={all()}
          fallback={
            <div class="panel empty">
              <h2 class="t-head">{runs.loading ? "Asking" : "No run yet"}</h2>
              <p style="margin-top:8px">
                The nightly run comes at 02:00. <code>./agon bots run</code> starts one now.
              </p>
            </div>
          }
        >
          {(batch) => (
            <section class="panel">
              <header>
                <Glyph state={batch.passed === batch.runs.length ? "completed" : "failed"} />
                <h2>{batch.nightly ? "Nightly run" : "Run by hand"}</h2>
                <span class="meta">
                  {batch.passed} of {batch.runs.length} passed, {span(batch.seconds * 1000)} of
                  work, last {age(batch.at)} ago
                </span>
              </header>
              <div class="tablewrap">
                <table class="tbl" style="width:100%">
                  <thead>
                    <tr>
                      <th>Verdict</th>
                      <th>Challenge</th>
                      <th>Tried</th>
                      <th class="opt760">Reason</th>
                      <th class="opt760">Backend</th>
                      <th class="r">Time</th>
                    </tr>
                  </thead>
                  <tbody>
                    <For each={batch.runs}>
                      {(run, index) => (
                        <tr data-testid="bot-run" data-batch={run.batch}>
                          <td class="nowrap">
                            <Glyph state={run.verdict === "pass" ? "completed" : "failed"} />{" "}
                            {run.verdict === "pass" ? "Pass" : "Fail"}
                          </td>
                          <td>
                            <A
                              class={
                                batch.runs[index() - 1]?.challenge === run.challenge
                                  ? "faint"
                                  : "strong"
                              }
                              href={playPath(run.challenge)}
                            >
                              {run.challenge}
                            </A>
                          </td>
                          <td class="dim">
                            {VARIANT[run.variant] ?? run.variant}
                            <Show when={run.solution}>
                              {(solution) => (
                                <span class="faint opt760">, {solution().split("/").at(-1)}</span>
                              )}
                            </Show>
                          </td>
                          <td class="dim opt760 wrap">{run.reason}</td>
                          <td class="dim opt760">{run.backend}</td>
                          <td class="r dim nowrap">{run.seconds.toFixed(1)} s</td>
                        </tr>
                      )}
                    </For>
                  </tbody>
                </table>
              </div>
            </section>
          )}
        </For>
        <Show when={(runs.latest?.length ?? 0) >= SHOWN}>
          <p class="meta">{SHOWN} newest runs shown</p>
        </Show>
      </main>
    </Shell>
  );
}
