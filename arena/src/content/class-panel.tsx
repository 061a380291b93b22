import { Show, createResource, createSignal } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { PanelTable } from "~/components/panel-table";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import type { TrainingTerms } from "./types";

interface Student {
  handle: string;
  name: string;
  state: "waiting" | "in" | "refused";
  at: string;
  decidedBy: string;
}
interface Students {
  total: number;
  waiting: number;
  students: Student[];
}

/** Students shown at once. */
const PAGE = 50;
const DAY = 86_400_000;
const WORDS = { waiting: "waits", in: "in", refused: "refused" };
const DOTS = { waiting: "half", in: "", refused: "off" };
const isoDay = (iso: string | null, back = 0) =>
  iso ? new Date(Date.parse(iso) - back).toISOString().slice(0, 10) : "";

/** For those who teach a training: who is in, who waits, and when it is on. */
export function ClassPanel(props: { name: string; terms: TrainingTerms; onChange: () => unknown }) {
  const [after, setAfter] = createSignal(0);
  const [page, { refetch }] = createResource(
    () => [props.name, after()] as const,
    async ([name, from]) =>
      (
        await ask<{ content: { training: { students: Students } } }>(
          `query($n: String!, $a: Int!) { content(kind: "training", name: $n) { training { students(first: ${PAGE}, after: $a) { total waiting students { handle name state at decidedBy } } } } }`,
          { n: name, a: from },
        )
      ).content.training.students,
  );
  const { problem, act } = panelActs();
  const [saved, setSaved] = createSignal(false);
  const decide = async (handle: string, state: string) => {
    await act(
      "mutation($t: String!, $h: String!, $s: String!) { decideEnrolment(training: $t, handle: $h, state: $s) { name } }",
      { t: props.name, h: handle, s: state },
    );
    void refetch();
  };
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setSaved(false);
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const start = String(fields.get("start"));
    const end = String(fields.get("end"));
    const answer = await act(
      "mutation($t: String!, $s: String, $e: String, $a: Boolean!, $i: [String!]!) { setTrainingTerms(training: $t, startsAt: $s, endsAt: $e, approval: $a, instructors: $i) { name } }",
      {
        t: props.name,
        s: start ? `${start}T00:00:00Z` : null,
        // The last day belongs to it.
        e: end ? new Date(Date.parse(`${end}T00:00:00Z`) + DAY).toISOString() : null,
        a: fields.get("approval") === "on",
        i: String(fields.get("instructors"))
          .split(/[\s,]+/)
          .filter(Boolean),
      },
    );
    if (!answer) return;
    setSaved(true);
    props.onChange();
  };
  const rows = () => (page.error ? [] : (page.latest?.students ?? []));
  const total = () => page.latest?.total ?? 0;
  return (
    <section class="panel classpanel" data-testid="class">
      <header>
        <h2>Your class</h2>
        <Show when={page.latest?.waiting}>
          {(count) => (
            <span class="meta">
              {count()} {count() === 1 ? "waits" : "wait"}
            </span>
          )}
        </Show>
      </header>
      <PanelTable
        list={page}
        problem={problem()}
        rows={rows()}
        columns={[{ name: "Student" }, { name: "State" }, { name: "Asked", class: "r opt760" }]}
        last="Actions"
        empty={"Nobody has enrolled yet."}
      >
        {(one) => (
          <tr data-testid="student" data-state={one.state}>
            <td class="strong">
              {one.name} <span class="dim">{one.handle}</span>
            </td>
            <td>
              <span class={`dot ${DOTS[one.state]}`} aria-hidden="true" /> {WORDS[one.state]}
            </td>
            <td class="r dim opt760">{age(one.at)} ago</td>
            <td class="r acts">
              <Show when={one.state !== "in"}>
                <button type="button" class="btn sm" onClick={() => void decide(one.handle, "in")}>
                  Let in
                </button>
              </Show>
              <Show when={one.state !== "refused"}>
                <ConfirmButton
                  label="Refuse"
                  title={`Refuse ${one.handle}?`}
                  text="The program stays closed for them. You can let them in later."
                  keep="Keep"
                  act="Refuse"
                  danger
                  onConfirm={() => void decide(one.handle, "refused")}
                />
              </Show>
            </td>
          </tr>
        )}
      </PanelTable>
      <Show when={total() > PAGE}>
        <div class="pad pager">
          <button
            type="button"
            class="btn sm"
            disabled={after() === 0}
            onClick={() => setAfter(after() - PAGE)}
          >
            Earlier
          </button>
          <span class="meta">
            {after() + 1} to {Math.min(after() + PAGE, total())} of {total()}
          </span>
          <button
            type="button"
            class="btn sm"
            disabled={after() + PAGE >= total()}
            onClick={() => setAfter(after() + PAGE)}
          >
            Later
          </button>
        </div>
      </Show>
      <form class="pad formgrid classform" onSubmit={(event) => void save(event)}>
        <label class="formfield">
          <span>First day (UTC)</span>
          <input class="field" type="date" name="start" value={isoDay(props.terms.startsAt)} />
        </label>
        <label class="formfield">
          <span>Last day</span>
          <input class="field" type="date" name="end" value={isoDay(props.terms.endsAt, 1)} />
        </label>
        <label class="formfield wide">
          <span>Instructors beside its author, by handle</span>
          <input
            class="field"
            name="instructors"
            autocomplete="off"
            placeholder="ann, bob"
            value={props.terms.instructors.join(", ")}
          />
        </label>
        <label class="formcheck">
          <input type="checkbox" name="approval" checked={props.terms.approval} />
          <span>An instructor lets each student in</span>
        </label>
        <div class="savebar">
          <button type="submit" class="btn">
            Save
          </button>
          <span class="meta" role="status">
            {saved() ? "Saved" : ""}
          </span>
        </div>
      </form>
    </section>
  );
}
