import { createContext, createResource, useContext, type JSX } from "solid-js";
import { ask } from "./ask";
import type { Me } from "./types";

interface Viewer {
  /** Who is signed in; null = nobody. */
  me: () => Me | null;
  /** Asks again: after signing in or out, and after points. */
  refetchMe: () => unknown;
}

const Context = createContext<Viewer>();

/** Knows who looks at the page: asked once, on the server. Not a module's variable, which requests would share. */
export function MeProvider(props: { children: JSX.Element }) {
  const [me, { refetch }] = createResource(
    async () =>
      (
        await ask<{ me: Me | null }>("{ me { id handle name role points rank } }").catch(() => ({
          me: null,
        }))
      ).me,
  );
  // latest: asking again must not hide the page.
  return (
    <Context.Provider value={{ me: () => me.latest ?? null, refetchMe: refetch }}>
      {props.children}
    </Context.Provider>
  );
}

/** Who looks at this page. */
export function useMe(): Viewer {
  const viewer = useContext(Context);
  if (!viewer) throw new Error("useMe outside of MeProvider");
  return viewer;
}
