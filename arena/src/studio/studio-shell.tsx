import { A, useLocation } from "@solidjs/router";
import { For, Show, type JSX } from "solid-js";
import { Shell } from "~/components/shell";
import { useMe } from "~/live/me";

const VIEWS = [
  ["/studio", "Content"],
  ["/studio/drafts", "Drafts"],
  ["/studio/playground", "Playground"],
] as const;

/** Frame of the studio's pages: for authors and operators. */
export function StudioShell(props: { title: string; text: string; children: JSX.Element }) {
  const location = useLocation();
  const { me } = useMe();
  return (
    <Shell title="Studio">
      <div class="pagehead">
        <div>
          <h1 class="t-title">{props.title}</h1>
          <p class="dim">{props.text}</p>
        </div>
        <nav class="end seg" aria-label="Studio">
          <For each={VIEWS}>
            {([href, label]) => (
              <A href={href} end aria-current={location.pathname === href ? "page" : undefined}>
                {label}
              </A>
            )}
          </For>
        </nav>
      </div>
      <Show
        when={["author", "operator"].includes(me()?.role ?? "")}
        fallback={
          <div class="panel empty">
            <h2 class="t-head">The studio is for authors</h2>
            <p style="margin-top:8px">
              An operator makes you one: <code>./agon users role HANDLE author</code>
            </p>
          </div>
        }
      >
        {props.children}
      </Show>
    </Shell>
  );
}
