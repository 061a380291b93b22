import type { Challenge } from "@agon/content/model";
import type { Entry } from "../entry.ts";
import type { Domain } from "../graphql/context.ts";
import { keysOf, versionOf, type PlayDoc } from "../models/play.ts";
import type { TallyDoc } from "../models/store.ts";
import { Progresses, tallyKey } from "../progress.ts";
import { PLURALS } from "@agon/content/kinds";
import type { Viewer } from "../viewer.ts";

const time = (at: number): string => new Date(at).toISOString();

/** A task as clients of the play connection get it: a replacement, so all of it each time. */
export interface PlayTask {
  name: string;
  init: boolean;
  helper: boolean;
  status: number;
  version: number;
}

/** Tasks that a play's owner may know of: helpers are the author's business. */
export function playTasks(play: PlayDoc): Record<string, PlayTask> {
  return Object.fromEntries(
    keysOf(play)
      .filter(({ kind }) => kind !== "helper" || play.authorView)
      .map(({ name, kind }) => {
        const view = play.view.tasks[name];
        const init = kind === "init";
        return [
          name,
          {
            name,
            init,
            helper: kind === "helper",
            status: view?.state ?? 0,
            version: view?.generation ?? 0,
          },
        ];
      }),
  );
}

/** Machines of a play's version; never empty, for clients take the first without looking. */
function machinesOf(play: PlayDoc, challenge: Challenge | null) {
  const machines = challenge?.playground.machines.map(
    ({ name, users, defaultUser, cpuCount, memoryBytes }) => ({
      name,
      users: users.map((user) => ({
        name: user.name,
        default: user.name === defaultUser,
        welcome: "",
      })),
      resources: { cpuCount, ramSize: `${memoryBytes >> 20}MiB` },
    }),
  );
  if (machines?.length) return machines;
  const names = [...new Set(keysOf(play).map(({ machine }) => machine))];
  return (names.length ? names : ["machine"]).map((name) => ({ name, users: [] }));
}

/** State of a play and its machines (labctl's PlayStatus). */
export function playStatus(play: PlayDoc, names: readonly string[]) {
  const { view } = play;
  const events: { state: string; at: string }[] = [{ state: "CREATED", at: time(view.startedAt) }];
  if (view.runningAt) events.push({ state: "RUNNING", at: time(view.runningAt) });
  if (view.stoppedAt) events.push({ state: "STOPPED", at: time(view.stoppedAt) });
  // The last one is the current state.
  if (events.at(-1)!.state !== view.state)
    events.push({ state: view.state, at: time(view.endedAt ?? Date.now()) });
  const on = ["CREATED", "WARMING_UP", "STARTING", "RUNNING"].includes(view.state);
  return {
    factoryId: play.host,
    stateEvents: events,
    machines: names.map((name) => {
      const known = view.machines[name]?.state ?? "CREATED";
      const state = on ? known : view.state === "STOPPING" ? "STOPPING" : "STOPPED";
      return {
        name,
        state,
        conditions: [
          {
            name: "Ready",
            status: state === "RUNNING" && view.machines[name]?.ready ? "True" : "False",
            message: "",
          },
        ],
      };
    }),
  };
}

/** A Go duration: `1h30m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}h${m}m${s}s` : m ? `${m}m${s}s` : `${s}s`;
}

/** A play as existing clients know it. */
export async function playShape(domain: Domain, play: PlayDoc, publicUrl: string) {
  const challenge = await domain.content.version(versionOf(play), play.challenge);
  const machines = machinesOf(play, challenge);
  const [kind, name = ""] = play.challenge.includes("/")
    ? play.challenge.split("/")
    : ["challenge", play.challenge];
  const of = { name, title: challenge?.title ?? name };
  const last = Math.max(play.view.startedAt, play.view.runningAt ?? 0, play.view.endedAt ?? 0);
  return {
    id: play._id,
    title: play.title || of.title,
    createdAt: time(play.createdAt ?? play.view.startedAt),
    updatedAt: time(last),
    lastStateAt: time(last),
    expiresIn: Math.max(0, Math.round(play.view.expiresAt - Date.now())),
    maxPlayTime: goDuration(play.view.expiresAt - (play.createdAt ?? play.view.startedAt)),
    status: playStatus(
      play,
      machines.map((machine) => machine.name),
    ),
    playground: { name: kind === "playground" ? name : (challenge?.playground.name ?? "") },
    machines,
    tasks: playTasks(play),
    pageUrl: `${publicUrl}/plays/${play._id}`,
    challengeName: kind === "challenge" ? name : "",
    tutorialName: kind === "tutorial" ? name : "",
    courseName: kind === "course" ? name : "",
    ...(kind === "challenge" && { challenge: of }),
    ...(kind === "tutorial" && { tutorial: of }),
    ...(kind === "course" && { course: of }),
  };
}

/** An article as existing clients know it: with the viewer's status and their play, if one is on. */
export async function articleShape(
  domain: Domain,
  entry: Entry,
  viewer: Viewer | null,
  tally: TallyDoc | null,
  publicUrl: string,
) {
  const { library, plays, authored } = domain;
  const key = entry.kind === "challenge" ? entry.name : entry.id;
  const play = viewer && (await plays.active(viewer.id, key));
  const owner = library.guarded(entry).owner;
  const solved = tally?.solves?.[entry.name]?.at;
  const marked = tally?.marks?.[tallyKey(entry.id)];
  const completed = entry.kind === "challenge" ? solved : marked;
  return {
    name: entry.name,
    title: entry.title,
    description: entry.description,
    pageUrl: `${publicUrl}/${PLURALS[entry.kind]}/${entry.name}`,
    createdAt: entry.createdAt,
    updatedAt: entry.updatedAt,
    categories: entry.categories,
    tags: entry.tags,
    authors: [
      owner
        ? {
            userId: authored.docOf(entry.id)?.owner ?? "",
            name: owner,
            displayName: owner,
            official: false,
          }
        : { userId: "", name: "agon", displayName: "The arena", official: true },
    ],
    status: new Progresses(library, tally).status(entry),
    ...(completed !== undefined && { completedAt: time(completed) }),
    ...(play && !isOver(play) && { play: await playShape(domain, play, publicUrl) }),
    tasks: {},
  };
}

export const isOver = ({ view: { state } }: PlayDoc): boolean =>
  state === "DESTROYED" || state === "DESTROYING" || state === "FAILED";
