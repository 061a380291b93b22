import { PLURALS } from "@agon/content/kinds";
import type { TallyDoc } from "../models/store.ts";
import { Progresses } from "../progress.ts";
import { signedInClient, type Call } from "./call.ts";

const number = (text: string | null, fallback: number, most: number): number => {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, most) : fallback;
};

/** `GET /search`: the catalogue's full-text search; the total is in a header. */
export async function searchContent(call: Call): Promise<void> {
  const { domain, url, response, publicUrl, send } = call;
  const viewer = signedInClient(call);
  const { library, store } = domain;
  const tally = await store.tallies.findById(viewer.id).lean<TallyDoc>().exec();
  const progresses = new Progresses(library, tally);
  const asked = (key: string) => url.searchParams.getAll(key).slice(0, 50);
  const { ids, total } = library.index.search(
    (url.searchParams.get("search") ?? "").slice(0, 500),
    {
      kind: asked("kind"),
      category: asked("category"),
      tag: asked("tag"),
      difficulty: asked("difficulty"),
    },
    library.looker(viewer, (entry) => progresses.status(entry)),
    number(url.searchParams.get("offset"), 0, 1_000_000),
    number(url.searchParams.get("limit"), 20, 200),
  );
  response.setHeader("x-total-count", total);
  send(200, {
    items: ids.flatMap((id) => {
      const entry = library.byId(id);
      if (!entry) return [];
      const { kind, name, title, description, categories, tags, difficulties } = entry;
      return {
        kind,
        name,
        title,
        description,
        pageUrl: `${publicUrl}/${PLURALS[kind]}/${name}`,
        difficulty: difficulties[0] ?? "",
        categories,
        tags,
        official: library.guarded(entry).owner === "",
      };
    }),
  });
}
