import type { Kind } from "@agon/content/kinds";
import type { Entry } from "../entry.ts";
import { failure } from "../failure.ts";
import type { TallyDoc } from "../models/store.ts";
import { markKey, Progresses } from "../progress.ts";
import type { Viewer } from "../viewer.ts";
import { readJson, signedInClient, type Call } from "./call.ts";
import { endSoon } from "./plays.ts";
import { articleShape, isOver } from "./shapes.ts";

/** Items of one answer. */
const MOST = 1_000;

const tallyOf = ({ domain }: Call, viewer: Viewer) =>
  domain.store.tallies.findById(viewer.id).lean<TallyDoc>().exec();

/** `GET /challenges?category=…&status=…` and of tutorials: those that the viewer may find. */
export const listArticles =
  (kind: Kind) =>
  async (call: Call): Promise<void> => {
    const { domain, url, publicUrl, send } = call;
    const viewer = signedInClient(call);
    const tally = await tallyOf(call, viewer);
    const progresses = new Progresses(domain.library, tally);
    const categories = url.searchParams.getAll("category");
    // Clients call a tutorial "completed" that the arena calls solved.
    const statuses = url.searchParams
      .getAll("status")
      .map((one) => (one === "completed" ? "solved" : one));
    const found = [...domain.content.entries.values()]
      .filter((entry) => entry.kind === kind && domain.library.may(viewer, "canList", entry))
      .filter(
        (entry) => !categories.length || entry.categories.some((one) => categories.includes(one)),
      )
      .filter((entry) => !statuses.length || statuses.includes(progresses.status(entry)))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, MOST);
    send(
      200,
      await Promise.all(
        found.map((entry) => articleShape(domain, entry, viewer, tally, publicUrl)),
      ),
    );
  };

/** `GET /challenges/{name}` and of tutorials; of one's own stored ones with what is wrong with it. */
export const showArticle =
  (kind: Kind) =>
  async (call: Call): Promise<void> => {
    const { domain, params, publicUrl, send } = call;
    const viewer = signedInClient(call);
    const name = params["name"]!;
    const { authored } = domain;
    const doc = await authored.find(kind, name);
    const mine = doc && (doc.owner === viewer.id || viewer.role === "operator") ? doc : undefined;
    if (mine) await authored.look();
    const entry = readable(call, viewer, kind, name);
    if (!entry && !mine) throw missing(kind, name);
    send(200, {
      ...(mine && {
        ...authored.view(mine, publicUrl),
        problems: await authored.problems(mine),
      }),
      ...(entry &&
        (await articleShape(domain, entry, viewer, await tallyOf(call, viewer), publicUrl))),
    });
  };

const missing = (kind: Kind, name: string) =>
  failure("NOT_FOUND", `There is no ${kind} ${name}.`, "Choose one of the catalogue.");

function readable({ domain }: Call, viewer: Viewer, kind: Kind, name: string): Entry | undefined {
  const entry = domain.library.find(kind, name);
  return entry && domain.library.may(viewer, "canRead", entry) ? entry : undefined;
}

/**
 * `PATCH /challenges/{name}` and of tutorials: `started` true starts an attempt or answers the one that is
 * on, false ends it. `completed` of old clients is their belief only: the arena records solves itself.
 */
export const changeArticle =
  (kind: Kind) =>
  async (call: Call): Promise<void> => {
    const { domain, params, request, publicUrl, send } = call;
    const viewer = signedInClient(call);
    const entry = readable(call, viewer, kind, params["name"]!);
    if (!entry) throw missing(kind, params["name"]!);
    const { started, completed } = await readJson(request);
    const { plays, marks } = domain;
    const key = kind === "challenge" ? entry.name : entry.id;
    if (started === true) await plays.start(viewer, key);
    else if (started === false) {
      const play = await plays.active(viewer.id, key);
      if (play && !isOver(play)) await endSoon(domain, play);
    } else if (completed === true && kind === "tutorial") {
      if (!domain.library.may(viewer, "canStart", entry))
        throw failure("FORBIDDEN", "You may not mark this.", "Ask its author for access.");
      await marks.set(viewer, markKey(entry, ""), true);
    }
    send(200, await articleShape(domain, entry, viewer, await tallyOf(call, viewer), publicUrl));
  };
