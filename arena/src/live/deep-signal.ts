import { type Signal } from "solid-js";
import { createStore, reconcile, unwrap } from "solid-js/store";

/**
 * Storage of a resource whose answer is fetched again while its page is open: what did not change stays the
 * same object, so that the page keeps what its reader opened, chose and typed. Parts are told by their path.
 */
export function deepSignal<T>(first: T): Signal<T> {
  const [store, setStore] = createStore<{ value: T }>({ value: first });
  const set = (next: unknown) => {
    const value = (
      typeof next === "function" ? (next as (before: T) => T)(unwrap(store).value) : next
    ) as T;
    setStore("value", reconcile(value, { key: "path" }) as never);
    return store.value;
  };
  return [() => store.value, set] as Signal<T>;
}
