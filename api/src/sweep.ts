import type { Logger } from "@agon/daemon/log";
import type { Authored } from "./authored.ts";
import type { ClientSessions } from "./client-sessions.ts";
import type { Boards } from "./boards.ts";
import type { Content } from "./content.ts";
import type { Drafts } from "./drafts.ts";
import { isFinal } from "./fold.ts";
import type { Forks } from "./forks.ts";
import type { Keeping } from "./keeping.ts";
import { versionOf, type PlayDoc } from "./models/play.ts";
import type { EventDoc, Store } from "./models/store.ts";
import type { Placement } from "./placement.ts";
import type { PlayViews } from "./play-views.ts";
import type { Plays } from "./plays.ts";

interface Parts {
  store: Store;
  views: PlayViews;
  plays: Plays;
  keeping: Keeping;
  forks: Forks;
  placement: Placement;
  boards: Boards;
  content: Content;
  authored: Authored;
  clients: ClientSessions;
  drafts: Drafts;
  log: Logger;
}

/** Repairs what a crash, a lost Redis or a passed deadline left behind. Safe in every process at once. */
export async function sweep(parts: Parts, now = Date.now()): Promise<void> {
  const { store, views, plays, keeping, placement, boards, content, log } = parts;
  const { authored, clients, drafts, forks } = parts;
  const attempt = async <T>(
    what: string,
    id: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      log.warn({ what, id, error: String(error) }, "the sweep could not finish; next time again");
      return undefined;
    }
  };
  await attempt("boards", "all", () => boards.ensure());
  await attempt("drafts", "all", () => drafts.files.clean(now));
  await attempt("authored", "all", () => authored.clean(now));
  await attempt("clients", "all", () => clients.clean(now));
  const open = await store.plays
    .find({ $or: [{ open: true }, { solveRecorded: false, "view.completedAt": { $gt: 0 } }] })
    .lean<PlayDoc[]>();
  // Views that are behind their log, and solves that are not recorded.
  const next = open.map((play) => `${play._id}:${play.foldedTo + 1}`);
  const ahead = new Set<string>();
  for (let i = 0; i < next.length; i += 500) {
    const found = await store.events
      .find({ _id: { $in: next.slice(i, i + 500) } })
      .lean<EventDoc[]>();
    for (const event of found) ahead.add(event.log);
  }
  for (const play of open) {
    const unrecorded = play.view.completedAt !== null && !play.solveRecorded;
    if (ahead.has(play._id) || unrecorded)
      await attempt("fold", play._id, () => views.advance(play._id));
    if (!play.open) continue;
    const age = now - (play.createdAt || play.view.startedAt);
    if (isFinal(play.view.state) || play.view.state === "DESTROYING")
      await attempt("finish", play._id, () => plays.finish(play));
    else if (play.placed && play.replaces)
      await attempt("replacing", play._id, () => forks.finishReplacing(play));
    else if (await attempt("keeping", play._id, () => keeping.watch(play, now))) continue;
    else if (play.view.expiresAt < now && ["CREATED", "WARMING_UP"].includes(play.view.state))
      await attempt("expiry", play._id, () => plays.end(play, "Its time was over."));
    else if (!play.placed && age > 30_000)
      await attempt("placing", play._id, async () => {
        const challenge = await content.version(versionOf(play), play.challenge);
        if (play.fork && age < 600_000) await forks.place(play);
        else if (challenge && age < 300_000) await placement.place(play, challenge);
        else await plays.end(play, "No host could take it.");
      });
    else if (play.draft) await attempt("draft", play._id, () => drafts.plays.repair(play));
  }
}
