import { Title } from "@solidjs/meta";
import { A } from "@solidjs/router";
import { Mark } from "~/components/icon";

/** A play page before its first data: header and panes at their places; bars only after 300 ms. */
export function Waiting() {
  return (
    <div class="play">
      <Title>Play · Agon</Title>
      <header class="playhead">
        <A class="brand" href="/challenges" aria-label="Back to challenges">
          <Mark />
        </A>
        <span class="sep" />
        <h1 class="faint">Opening the play</h1>
      </header>
      <div />
      <main class="panes">
        <section class="pane p-brief" aria-label="Brief" aria-busy="true">
          <div class="brief late">
            <div class="loading" />
            <div class="loading" />
            <div class="loading" />
          </div>
        </section>
        <section class="pane p-term" aria-label="Terminals" aria-busy="true" />
        <section class="pane graphpane p-graph" aria-label="Task graph" aria-busy="true" />
      </main>
    </div>
  );
}
