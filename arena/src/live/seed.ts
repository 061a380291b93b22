import type { Play } from "./types";

/** The play that was just started on this page: its own page need not ask for what the answer told. */
let seed: Play | undefined;

/** Keeps a play for the page that comes next. */
export function seedPlay(play: Play): void {
  seed = play;
}

/** What is known of this play already, once. */
export function takeSeed(id: string): Play | undefined {
  const found = seed?.id === id ? seed : undefined;
  seed = undefined;
  return found;
}
