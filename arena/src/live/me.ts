import { createResource } from "solid-js";
import { ask } from "./ask";
import type { Me } from "./types";

/** Who is signed in; null = nobody. Shared by all pages, read again after signing in or out. */
const [me, { refetch }] = createResource(
  async () =>
    (
      await ask<{ me: Me | null }>("{ me { id handle name role points rank } }").catch(() => ({
        me: null,
      }))
    ).me,
);
export { me, refetch as refetchMe };
