import { createEffect, on, onCleanup } from "solid-js";
import { ask } from "~/live/ask";
import type { Play } from "~/live/types";

/** Milliseconds between two looks for the play that follows, and how often. */
const LOOK = 500;
const LOOKS = 20;

/** Goes on to the play that replaced this one when its author asked for fresh machines elsewhere. */
export function followRestart(play: () => Play, go: (id: string) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  createEffect(
    on(
      () => Boolean(play().draft) && play().state.startsWith("DESTROY"),
      (over) => {
        if (!over) return;
        let looks = 0;
        const look = async () => {
          const { myPlays } = await ask<{
            myPlays: { id: string; state: string; challenge: { name: string } }[];
          }>("{ myPlays(active: true) { id state challenge { name } } }").catch(() => ({
            myPlays: [],
          }));
          const next = myPlays.find(
            (one) =>
              one.challenge.name === play().challenge.name &&
              one.id !== play().id &&
              !one.state.startsWith("DESTROY"),
          );
          if (next) go(next.id);
          else if (++looks < LOOKS) timer = setTimeout(() => void look(), LOOK);
        };
        void look();
      },
    ),
  );
}
