import { For, Show, createResource, createSignal } from "solid-js";
import { Glyph } from "~/components/icon";
import { PanelTable } from "~/components/panel-table";
import { panelActs } from "~/live/act";
import { ask } from "~/live/ask";
import { age } from "~/live/clock";
import { useMe } from "~/live/me";
import { AccessLists } from "./access-lists";
import { reach } from "./access-words";
import { OWNED, type OwnedContent } from "./owned";
import { ProblemList } from "./problem-list";
import { VersionList } from "./version-list";

const COLUMNS = 6;

/** Content that authors stored in the arena: does it load, who may see it, what it was before. */
export function Stored() {
  const { me } = useMe();
  const { problem, act } = panelActs();
  const [items, { refetch }] = createResource(
    async () => (await ask<{ ownedContent: OwnedContent[] }>(OWNED)).ownedContent,
  );
  const [open, setOpen] = createSignal("");
  const operator = () => me()?.role === "operator";
  const keyOf = (item: OwnedContent) => `${item.kind}/${item.name}`;
  const approve = (item: OwnedContent) =>
    void act(
      "mutation($k: String!, $n: String!, $a: Boolean!) { approveContent(kind: $k, name: $n, approved: $a) { approved } }",
      { k: item.kind, n: item.name, a: !item.approved },
    ).then(refetch);
  return (
    <section class="panel open">
      <header>
        <h2>{operator() ? "Stored by authors" : "My content"}</h2>
        <span class="meta">Pushed with ./agon content push.</span>
      </header>
      <PanelTable
        list={items}
        problem={problem()}
        rows={items.error ? [] : (items.latest ?? [])}
        columns={[
          { name: "Content" },
          { name: "Kind", class: "opt760" },
          { name: "Loads" },
          { name: "Who finds it", class: "opt760" },
          { name: "Saved", class: "opt760" },
        ]}
        last="Details"
        empty={"Nothing is stored. ./agon content push challenge NAME puts a folder here."}
      >
        {(item) => (
          <>
            <tr data-testid="owned-row" data-name={item.name}>
              <td>
                <b>{item.title}</b>
                <div class="meta">
                  {item.name}
                  {operator() ? `, by ${item.author}` : ""}
                </div>
              </td>
              <td class="dim opt760">{item.kind}</td>
              <td class="nowrap">
                <Glyph
                  state={
                    item.problems.some((one) => one.severity === "error")
                      ? "failed"
                      : item.problems.length
                        ? "created"
                        : "completed"
                  }
                />{" "}
                {item.problems.length
                  ? `${item.problems.length} ${item.problems.length > 1 ? "problems" : "problem"}`
                  : "clean"}
              </td>
              <td class="nowrap opt760">{reach(item.access, item.approved)}</td>
              <td class="dim nowrap opt760">{age(item.at)} ago</td>
              <td class="r">
                <button
                  type="button"
                  class="btn sm"
                  aria-expanded={open() === keyOf(item)}
                  onClick={() => setOpen(open() === keyOf(item) ? "" : keyOf(item))}
                >
                  {open() === keyOf(item) ? "Close" : "Details"}
                </button>
              </td>
            </tr>
            <Show when={open() === keyOf(item)}>
              <tr class="studiodetail">
                <td colspan={COLUMNS}>
                  <div class="studiodetails">
                    <Show when={item.problems.length}>
                      <section>
                        <h3 class="t-head">Problems</h3>
                        <ProblemList problems={item.problems} />
                      </section>
                    </Show>
                    <section>
                      <h3 class="t-head">Who may do what</h3>
                      <AccessLists item={item} onChange={() => void refetch()} />
                      <Show when={operator()}>
                        <button type="button" class="btn sm" onClick={() => approve(item)}>
                          {item.approved
                            ? "Take it out of the catalogue"
                            : "Let it into the catalogue"}
                        </button>
                      </Show>
                    </section>
                    <section>
                      <h3 class="t-head">Versions</h3>
                      <VersionList
                        versions={item.versions.map((one) => ({
                          id: String(one.revision),
                          label: one.version.slice(0, 10),
                          facts: `revision ${one.revision} by ${one.by}, ${age(one.at)} ago`,
                        }))}
                        text={async (revision) =>
                          (
                            await ask<{ contentRevision: string }>(
                              "query($k: String!, $n: String!, $r: Int!) { contentRevision(kind: $k, name: $n, revision: $r) }",
                              { k: item.kind, n: item.name, r: Number(revision) },
                            )
                          ).contentRevision
                        }
                      />
                      <Show when={item.versions.length === 0}>
                        <p class="dim">No revision of it has loaded yet.</p>
                      </Show>
                    </section>
                  </div>
                </td>
              </tr>
            </Show>
          </>
        )}
      </PanelTable>
      <datalist id="principals">
        <For each={["owner", "anyone", "authenticated", "instructor", "nobody"]}>
          {(one) => <option value={one} />}
        </For>
      </datalist>
    </section>
  );
}
