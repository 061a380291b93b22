import { For, Show, type JSX, type Resource } from "solid-js";

/** A panel's table of something that is asked for: what went wrong, the columns, the rows or why there are none. */
export function PanelTable<T>(props: {
  /** What is asked for; its failure is shown. */
  list: Resource<unknown>;
  /** Of the last change that failed; empty = none. */
  problem?: string;
  rows: T[];
  /** `class`: r = to the right, opt760 = not on phones. */
  columns: { name: string; class?: string }[];
  /** For screen readers: what the last column has. */
  last: string;
  asking?: string;
  empty: JSX.Element;
  /** One or more rows of the table. */
  children: (one: T) => JSX.Element;
}) {
  return (
    <>
      <Show when={props.problem || (props.list.error as Error | undefined)?.message}>
        {(text) => (
          <p class="formerror" role="alert" style="margin:12px 16px">
            {text()}
          </p>
        )}
      </Show>
      <div class="tablewrap">
        <table class="tbl" style="width:100%">
          <thead>
            <tr>
              <For each={props.columns}>
                {(column) => <th class={column.class}>{column.name}</th>}
              </For>
              <th class="r">
                <span class="sr">{props.last}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <For
              each={props.rows}
              fallback={
                <tr>
                  <td colspan={props.columns.length + 1} class="empty">
                    {props.list.loading ? (props.asking ?? "Asking.") : props.empty}
                  </td>
                </tr>
              }
            >
              {props.children}
            </For>
          </tbody>
        </table>
      </div>
    </>
  );
}
