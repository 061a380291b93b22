import { Show, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import { DraftPanel } from "~/author/draft-panel";
import { useMe } from "~/live/me";
import { subscribe } from "~/live/socket";
import type { ContentProblem } from "~/live/types";

interface Stored {
  revision: number;
  loaded: boolean;
  problems: ContentProblem[];
}

/**
 * On a page of content that its reader stored or previews: the page follows each save, and tells what is
 * wrong with it. For everybody else, and of what came with the arena, nothing.
 */
export function FollowSaves(props: { kind: string; name: string; onSave: () => unknown }) {
  const { me } = useMe();
  const [stored, setStored] = createSignal<Stored | null>(null);
  const author = createMemo(() => ["author", "operator"].includes(me()?.role ?? ""));
  createEffect(
    on([() => props.kind, () => props.name, author], ([kind, name, mayWrite]) => {
      setStored(null);
      if (!mayWrite || !kind) return;
      let known = "";
      const stop = subscribe<{ stored: Stored }>(
        "subscription($k: String!, $n: String!) { stored(kind: $k, name: $n) { revision loaded problems { file line column severity code message fix excerpt } } }",
        { k: kind, n: name },
        (next) => {
          const text = JSON.stringify(next.stored);
          if (text === known) return;
          known = text;
          setStored(next.stored);
          if (next.stored.loaded) props.onSave();
        },
        // Not theirs, or nobody stored it: there is nothing to follow.
        () => stop(),
      );
      onCleanup(stop);
    }),
  );
  return (
    <Show when={stored()}>
      {(one) => (
        <Show
          when={one().revision}
          fallback={
            <p class="draftgone" role="status" data-testid="stored-gone">
              This was removed, or its preview has ended. The page shows what it was.
            </p>
          }
        >
          <DraftPanel
            draft={{ at: "", loaded: one().loaded, problems: one().problems, fresh: [] }}
            onFresh={() => undefined}
          />
        </Show>
      )}
    </Show>
  );
}
