import { Show } from "solid-js";
import { Shell } from "~/components/shell";
import { useMe } from "~/live/me";
import { ContentProblems } from "~/operate/content-problems";
import { Hosts } from "~/operate/hosts";

/** What an operator looks after. */
export default function Operate() {
  const { me } = useMe();
  return (
    <Shell title="Operate">
      <h1 class="t-title">Operate</h1>
      <Show
        when={me()?.role === "operator"}
        fallback={
          <p class="dim" style="margin-top:8px">
            This page is for operators. The first one's sign-in link stands below the table of
            ./agon up.
          </p>
        }
      >
        <Hosts />
        <ContentProblems />
      </Show>
    </Shell>
  );
}
