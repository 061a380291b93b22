import { createSignal, onCleanup, type Accessor } from "solid-js";

/** Whether the window fits a media query, now and from now on. Only where there is a window. */
export function fits(query: string): Accessor<boolean> {
  const list = matchMedia(query);
  const [does, setDoes] = createSignal(list.matches);
  const look = () => setDoes(list.matches);
  list.addEventListener("change", look);
  onCleanup(() => list.removeEventListener("change", look));
  return does;
}
