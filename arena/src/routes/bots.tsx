import { For, createResource, onCleanup, onMount } from "solid-js";
import { Glyph } from "~/components/icon";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";

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

export default function Bots() {
  const [runs, { refetch }] = createResource(
    async () =>
      (
        await ask<{ botRuns: Run[] }>(
          "{ botRuns(first: 100) { id batch challenge variant solution backend verdict seconds reason at nightly } }",
        )
      ).botRuns,
  );
  onMount(() => {
    const timer = setInterval(() => void refetch(), 10_000);
    onCleanup(() => clearInterval(timer));
  });
  return (
    <Shell title="Bots">
      <div class="pagehead">
        <div>
          <h1 class="t-title">Bots</h1>
          <p class="dim">
            Every night each challenge is proven: by its solutions, by a wrong attempt, and by doing
            nothing.
          </p>
        </div>
      </div>
      <div class="panel tablewrap">
        <table class="tbl" style="width:100%">
          <thead>
            <tr>
              <th>Verdict</th>
              <th>Challenge</th>
              <th>Variant</th>
              <th class="opt760">Reason</th>
              <th class="r opt760">Time</th>
              <th class="r">When</th>
            </tr>
          </thead>
          <tbody>
            <For
              each={runs.latest ?? []}
              fallback={
                <tr>
                  <td colspan="6" class="empty">
                    {runs.loading
                      ? "Loading"
                      : "No run yet. ./agon bots run starts one; the nightly one comes at 02:00."}
                  </td>
                </tr>
              }
            >
              {(run) => (
                <tr data-testid="bot-run" data-batch={run.batch}>
                  <td>
                    <Glyph state={run.verdict === "pass" ? "completed" : "failed"} /> {run.verdict}
                  </td>
                  <td class="strong">{run.challenge}</td>
                  <td class="dim">
                    {run.solution ?? run.variant}
                    {run.nightly ? ", nightly" : ""}
                  </td>
                  <td class="dim opt760">{run.reason}</td>
                  <td class="r dim opt760">{run.seconds.toFixed(1)} s</td>
                  <td class="r dim">{age(run.at)} ago</td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </Shell>
  );
}
