import { A } from "@solidjs/router";
import { For, Show, createMemo, createResource, createSignal } from "solid-js";
import { Glyph } from "~/components/icon";
import { PanelTable } from "~/components/panel-table";
import { ask } from "~/live/ask";
import { age, span } from "~/live/clock";
import { ProblemList } from "./problem-list";
import { STUDIO, type StudioItem, type StudioTask } from "./types";
import { Versions } from "./versions";

const COLUMNS = 7;
const rate = (item: StudioItem) =>
  item.people ? `${Math.round((item.solvers / item.people) * 100)} %` : "–";
const time = (seconds: number | null) => (seconds === null ? "–" : span(seconds * 1000));

/** Published challenges: do they load, do the bots prove them, and how do people do. */
export function Published() {
  const [items] = createResource(async () => (await ask<{ studio: StudioItem[] }>(STUDIO)).studio);
  const [open, setOpen] = createSignal("");
  const [filter, setFilter] = createSignal("");
  const shown = createMemo(() => {
    const wanted = filter().trim().toLowerCase();
    return (items.error ? [] : (items.latest ?? [])).filter((item) =>
      `${item.title} ${item.name}`.toLowerCase().includes(wanted),
    );
  });
  return (
    <section class="panel open">
      <header>
        <h2>Challenges</h2>
        <span class="meta">{shown().length} shown. People count, bots and authors do not.</span>
        <input
          class="field studiofilter"
          type="search"
          placeholder="Filter"
          aria-label="Filter challenges"
          value={filter()}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      </header>
      <PanelTable
        list={items}
        rows={shown()}
        columns={[
          { name: "Challenge" },
          { name: "Loads" },
          { name: "Bots", class: "opt760" },
          { name: "Attempts", class: "r opt760" },
          { name: "Solved", class: "r opt760" },
          { name: "Median", class: "r opt760" },
        ]}
        last="Details"
        empty={
          filter()
            ? "No challenge is called like that."
            : "No challenge is published. Copy a folder into challenges/, or begin a draft with ./agon dev PATH."
        }
      >
        {(item) => (
          <>
            <tr data-testid="studio-row" data-name={item.name}>
              <td>
                <A class="strong" href={`/challenges/${item.name}`}>
                  {item.title}
                </A>
                <div class="meta opt760">{item.name}</div>
              </td>
              <td class="nowrap">
                <Lint item={item} />
              </td>
              <td class="nowrap opt760">
                <Show when={item.bots} fallback={<span class="faint">no run</span>}>
                  {(bots) => (
                    <A
                      href="/bots"
                      title={`${bots().nightly ? "Nightly" : "By hand"}, ${age(bots().at)} ago`}
                    >
                      <Glyph state={bots().passed === bots().runs ? "completed" : "failed"} />{" "}
                      {bots().passed} of {bots().runs}
                    </A>
                  )}
                </Show>
              </td>
              <td class="r n opt760">{item.attempts}</td>
              <td class="r n nowrap opt760">
                {rate(item)}{" "}
                <span class="faint">
                  {item.solvers}/{item.people}
                </span>
              </td>
              <td class="r n opt760">{time(item.medianSeconds)}</td>
              <td class="r">
                <button
                  type="button"
                  class="btn sm"
                  aria-expanded={open() === item.name}
                  onClick={() => setOpen(open() === item.name ? "" : item.name)}
                >
                  {open() === item.name ? "Close" : "Details"}
                </button>
              </td>
            </tr>
            <Show when={open() === item.name}>
              <tr class="studiodetail">
                <td colspan={COLUMNS}>
                  <Details item={item} />
                </td>
              </tr>
            </Show>
          </>
        )}
      </PanelTable>
    </section>
  );
}

function Lint(props: { item: StudioItem }) {
  const errors = () => props.item.problems.filter((one) => one.severity === "error").length;
  const count = () => props.item.problems.length;
  return (
    <Show
      when={count()}
      fallback={
        <>
          <Glyph state="completed" /> clean
        </>
      }
    >
      <Glyph state={errors() ? "failed" : "created"} /> {count()} {errors() ? "problem" : "warning"}
      {count() > 1 ? "s" : ""}
    </Show>
  );
}

function Details(props: { item: StudioItem }) {
  return (
    <div class="studiodetails">
      <p class="meta only760">
        {props.item.attempts} {props.item.attempts === 1 ? "attempt" : "attempts"}, solved by{" "}
        {props.item.solvers} of {props.item.people}, median {time(props.item.medianSeconds)}. Bots:{" "}
        {props.item.bots ? `${props.item.bots.passed} of ${props.item.bots.runs}` : "no run"}.
      </p>
      <Show when={props.item.problems.length}>
        <section>
          <h3 class="t-head">Problems</h3>
          <ProblemList problems={props.item.problems} />
        </section>
      </Show>
      <section>
        <h3 class="t-head">Where people stop</h3>
        <Show
          when={props.item.attempts}
          fallback={
            <p class="dim">Nobody has tried it yet. Figures come with the first attempt.</p>
          }
        >
          <Stops item={props.item} />
        </Show>
      </section>
      <section>
        <h3 class="t-head">Versions</h3>
        <Versions item={props.item} />
      </section>
    </div>
  );
}

function Stops(props: { item: StudioItem }) {
  const most = () => Math.max(1, ...props.item.tasks.map((task) => task.stoppedHere));
  const width = (task: StudioTask) => `${(task.stoppedHere / most()) * 100}%`;
  return (
    <ul class="stops">
      <For each={props.item.tasks}>
        {(task) => (
          <li>
            <span class="stoptitle" title={task.name}>
              {task.title}
            </span>
            <span class="n dim">
              {task.completed} of {props.item.attempts}
              {task.failed ? `, ${task.failed} failed` : ""}
            </span>
            <span class="n dim">{time(task.medianSeconds)}</span>
            <span class="stopbar" aria-hidden="true">
              <i style={{ width: width(task) }} />
            </span>
            <span class="n">{task.stoppedHere} stopped here</span>
          </li>
        )}
      </For>
    </ul>
  );
}
