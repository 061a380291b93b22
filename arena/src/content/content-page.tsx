import { useLocation, useParams } from "@solidjs/router";
import { kindOfPlural } from "@agon/content/kinds";
import { Match, Show, Switch, createResource } from "solid-js";
import { Problem } from "~/components/problem";
import { Shell } from "~/components/shell";
import { ask } from "~/live/ask";
import { deepSignal } from "~/live/deep-signal";
import { useMe } from "~/live/me";
import { Article } from "./article";
import { Course } from "./course";
import { FollowSaves } from "./follow-saves";
import { SkillPath } from "./skill-path";
import { Training } from "./training";
import { CONTENT, KIND_WORDS, PART, type Content, type Part } from "./types";

/** Kinds whose parts are shown on their own page. */
const WITH_PARTS = ["skill-path", "training"];

/** The page of content of any kind but challenges. */
export default function ContentPage() {
  const { me } = useMe();
  const params = useParams<{ name: string }>();
  const location = useLocation();
  const plural = () => location.pathname.split("/")[1] ?? "";
  const kind = () => kindOfPlural(plural()) ?? "";
  const [content, { refetch }] = createResource(
    () => [kind(), params.name, me()?.id ?? ""] as const,
    async ([of, name]) => {
      if (!of) return null;
      const parts = WITH_PARTS.includes(of) ? `whole: parts { ${PART} }` : "";
      return (
        await ask<{ content: (Content & { whole?: Part[] }) | null }>(
          `query($k: String!, $n: String!) { content(kind: $k, name: $n) { ${CONTENT} ${parts} } }`,
          { k: of, n: name },
        )
      ).content;
    },
    { storage: deepSignal },
  );
  const word = () => KIND_WORDS[kind()]?.[0] ?? "page";
  return (
    <>
      <FollowSaves kind={kind()} name={params.name} onSave={() => void refetch()} />
      <Show
        when={content.latest}
        fallback={
          <Show when={content.state === "ready"} fallback={<Shell title={word()}>{null}</Shell>}>
            <Problem
              title={`No such ${word().toLowerCase()}`}
              text={`There is nothing at /${plural()}/${params.name}.`}
            />
          </Show>
        }
      >
        {(one) => (
          <Shell title={one().title}>
            <Switch fallback={<Article content={one()} onChange={() => void refetch()} />}>
              <Match when={one().kind === "skill-path"}>
                <SkillPath
                  content={one()}
                  units={one().whole ?? []}
                  onChange={() => void refetch()}
                />
              </Match>
              <Match when={one().kind === "course"}>
                <Course content={one()} />
              </Match>
              <Match when={one().kind === "training"}>
                <Training
                  content={one()}
                  parts={one().whole ?? []}
                  onChange={() => void refetch()}
                />
              </Match>
            </Switch>
          </Shell>
        )}
      </Show>
    </>
  );
}
