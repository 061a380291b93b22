import { For, Match, Show, Switch, type JSX } from "solid-js";
import { parseBlocks, type Block } from "./blocks";
import { Markdown } from "./markdown";
import { Tabbed } from "./tabbed";

/** How the page shows tasks and hints of a body. */
export interface BodyParts {
  task: (
    name: string,
    active: JSX.Element,
    completed: JSX.Element,
    input: { wanted: boolean; regex: string },
  ) => JSX.Element;
  hint: (id: string) => JSX.Element;
}

/** A challenge's Markdown with its components. */
export function Body(props: { text: string; parts: BodyParts }) {
  return <Blocks blocks={parseBlocks(props.text)} parts={props.parts} />;
}

function Blocks(props: { blocks: Block[]; parts: BodyParts }): JSX.Element {
  const show = (blocks: Block[] | undefined) => (
    <Blocks blocks={blocks ?? []} parts={props.parts} />
  );
  return (
    <For each={props.blocks}>
      {(block) => (
        <Show
          when={block.kind === "component" && block}
          fallback={<Markdown text={(block as { text: string }).text} />}
        >
          {(component) => {
            const { name, props: given, slots } = component();
            return (
              <Switch fallback={show(slots["default"])}>
                <Match when={name === "simple-task" || name === "user-input-task"}>
                  {props.parts.task(
                    given["name"] ?? "",
                    show(slots["active"] ?? slots["default"]),
                    show(slots["completed"] ?? slots["active"]),
                    { wanted: name === "user-input-task", regex: given["validateRegex"] ?? "" },
                  )}
                </Match>
                <Match when={name === "hint-box"}>{props.parts.hint(given["id"] ?? "")}</Match>
                <Match when={name === "remark-box"}>
                  <div class={`callout ${given["kind"] ?? "info"}`}>{show(slots["default"])}</div>
                </Match>
                <Match when={name === "details-box"}>
                  <details>
                    <summary>{given["summary"] ?? "Details"}</summary>
                    {show(slots["default"])}
                  </details>
                </Match>
                <Match when={name === "tabbed"}>
                  <Tabbed
                    group={given["group"] ?? ""}
                    tabs={Object.entries(slots).map(([slot, blocks]) => ({
                      name: slot,
                      title: slot.charAt(0).toUpperCase() + slot.slice(1).replaceAll("-", " "),
                      text: show(blocks),
                    }))}
                  />
                </Match>
                <Match when={name === "image-box"}>
                  <img
                    src={
                      given["src"]?.startsWith("__static__/") ? `/${given["src"]}` : given["src"]
                    }
                    alt={given["alt"] ?? ""}
                    style="max-width:100%"
                  />
                </Match>
              </Switch>
            );
          }}
        </Show>
      )}
    </For>
  );
}
