import { For, type JSX, type Resource } from "solid-js";
import { ConfirmButton } from "./confirm";
import { PanelTable } from "./panel-table";

/** What takes an entry away, and what it says before. */
export interface Removal {
  label: string;
  title: string;
  text: string;
  keep: string;
  act: string;
  onConfirm: () => void;
}

const classOf = (column?: { right?: boolean; wide?: boolean }) =>
  `${column?.right ? "r" : ""} ${column?.wide ? "opt760" : ""}`.trim();

/** A panel with a table of what somebody has, each with one way to take it away, and a form below. */
export function ListPanel<T>(props: {
  title: string;
  meta: string;
  /** Of the last change that failed. */
  problem: string;
  list: Resource<T[]>;
  /** `wide`: not on phones. */
  columns: { name: string; right?: boolean; wide?: boolean }[];
  empty: string;
  testid: string;
  /** Texts by column; the first one names the entry. */
  cells: (one: T) => JSX.Element[];
  removal: (one: T) => Removal;
  children?: JSX.Element;
}) {
  return (
    <section class="panel" style="margin-top:24px">
      <header>
        <h2>{props.title}</h2>
        <span class="meta">{props.meta}</span>
      </header>
      <PanelTable
        list={props.list}
        problem={props.problem}
        rows={props.list.error ? [] : (props.list.latest ?? [])}
        columns={props.columns.map((column) => ({ name: column.name, class: classOf(column) }))}
        last="Actions"
        empty={props.empty}
      >
        {(one) => (
          <tr data-testid={props.testid}>
            <For each={props.cells(one)}>
              {(cell, at) => (
                <td
                  class={`listcell ${classOf(props.columns[at()])}`}
                  classList={{ strong: at() === 0, dim: at() > 0 && props.columns[at()]?.right }}
                >
                  {cell}
                </td>
              )}
            </For>
            <td class="r">
              <ConfirmButton {...props.removal(one)} danger />
            </td>
          </tr>
        )}
      </PanelTable>
      {props.children}
    </section>
  );
}
