import { A } from "@solidjs/router";
import { For, Show, type JSX } from "solid-js";
import { Difficulty, Glyph } from "~/components/icon";
import { KIND_WORDS, type ContentRow } from "~/content/types";
import { contentPath } from "~/markdown/addresses";
import { STATUS_WORDS } from "./facets";

const GLYPH: Record<string, string> = { solved: "completed", attempted: "running" };

/** What was found, one row each. */
export function Results(props: { rows: ContentRow[]; mixed: boolean; empty: JSX.Element }) {
  return (
    <table class="tbl catalogue" style="width:100%">
      <thead>
        <tr>
          <th class="status">
            <span class="visually-hidden">Status</span>
          </th>
          <th>Title</th>
          <Show when={props.mixed}>
            <th class="opt760">Kind</th>
          </Show>
          <th class="opt760">Topics</th>
          <th>Difficulty</th>
          <th class="r opt760">Machines</th>
          <th class="r opt760">Solves</th>
          <th class="r opt760">Points</th>
        </tr>
      </thead>
      <tbody>
        <For
          each={props.rows}
          fallback={
            <tr>
              <td colspan="8" class="empty">
                {props.empty}
              </td>
            </tr>
          }
        >
          {(row) => <Row row={row} mixed={props.mixed} />}
        </For>
      </tbody>
    </table>
  );
}

function Row(props: { row: ContentRow; mixed: boolean }) {
  const scored = () => props.row.kind === "challenge";
  return (
    <tr>
      <td class="status" title={STATUS_WORDS[props.row.status]}>
        <Show when={props.row.status !== "todo"}>
          <Glyph state={GLYPH[props.row.status] ?? "created"} />
        </Show>
        <span class="visually-hidden">{STATUS_WORDS[props.row.status]}</span>
      </td>
      <td class="wrap">
        <A class="strong" href={contentPath(props.row.kind, props.row.name)}>
          {props.row.title}
        </A>
        <Show when={props.row.progress}>
          {(progress) => (
            <span class="meta rowprogress">
              {progress().done} of {progress().total}
            </span>
          )}
        </Show>
        <div class="dim opt760">{props.row.description}</div>
      </td>
      <Show when={props.mixed}>
        <td class="dim opt760 nowrap">{KIND_WORDS[props.row.kind]?.[0] ?? props.row.kind}</td>
      </Show>
      <td class="dim opt760">
        {[...props.row.categories, ...props.row.tags].slice(0, 3).join(", ")}
      </td>
      <td class="dim">
        <Show when={props.row.difficulties[0]}>{(level) => <Difficulty level={level()} />}</Show>
      </td>
      <td class="r dim opt760">{props.row.machines.length || ""}</td>
      <td class="r dim opt760">{scored() ? props.row.solvedBy : ""}</td>
      <td class="r strong opt760">{scored() ? props.row.points : ""}</td>
    </tr>
  );
}
