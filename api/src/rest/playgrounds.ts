import { dumpSpec } from "@agon/content/dump";
import { writeManifest } from "@agon/content/manifest-text";
import { OF_PLAYGROUNDS } from "@agon/content/model";
import type { Entry } from "../entry.ts";
import { failure } from "../failure.ts";
import type { PlayDoc } from "../models/play.ts";
import type { Viewer } from "../viewer.ts";
import { author, readJson, signedInClient, type Call } from "./call.ts";

/** Plays that a look at what is popular or recent reads at most. */
const PLAYS = 2_000;
/** Keys below `playground:` that clients send; all others of a manifest stay when they update it. */
const SENT = [
  "networks",
  "machines",
  "tabs",
  "initTasks",
  "initConditions",
  "registryAuth",
  "accessControl",
] as const;

/** `GET /playgrounds?filter=…`: those that the viewer may find, and their own. */
export async function listPlaygrounds(call: Call): Promise<void> {
  const { domain, url, send } = call;
  const viewer = signedInClient(call);
  const { library, content, authored } = domain;
  const filter = url.searchParams.get("filter") ?? "";
  const owns = (entry: Entry) => authored.docOf(entry.id)?.owner === viewer.id;
  const all = [...content.entries.values()]
    .filter((entry) => entry.kind === "playground")
    .filter((entry) => owns(entry) || library.may(viewer, "canList", entry))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const shipped = (entry: Entry) => library.guarded(entry).owner === "";
  const filters: Record<string, () => Entry[] | Promise<Entry[]>> = {
    "": () => all,
    base: () => all.filter(shipped),
    community: () => all.filter((entry) => !shipped(entry)),
    "my-custom": () => all.filter(owns),
    recent: () => byPlays(call, all, viewer.id),
    popular: () => byPlays(call, all),
  };
  const chosen = Object.hasOwn(filters, filter) ? await filters[filter]!() : undefined;
  if (!chosen)
    throw failure(
      "BAD_INPUT",
      `There is no filter "${filter.slice(0, 40)}".`,
      "Ask for base, community, my-custom, recent or popular.",
    );
  send(
    200,
    chosen.map((entry) => shape(call, entry, false)),
  );
}

/** Playgrounds that were played, by themselves: a user's by time, or everybody's by number. */
async function byPlays({ domain }: Call, all: Entry[], owner?: string): Promise<Entry[]> {
  const plays = await domain.store.plays
    .find({ challenge: { $in: all.map(({ id }) => id) }, ...(owner && { owner }) })
    .sort({ "view.startedAt": -1 })
    .limit(PLAYS)
    .select({ challenge: 1 })
    .lean<Pick<PlayDoc, "challenge">[]>();
  const counts = new Map<string, number>();
  for (const { challenge } of plays) counts.set(challenge, (counts.get(challenge) ?? 0) + 1);
  const order = owner
    ? [...counts.keys()]
    : [...counts].sort(([, a], [, b]) => b - a).map(([id]) => id);
  return order.flatMap((id) => all.find((entry) => entry.id === id) ?? []);
}

/** `GET /playgrounds/{name}`, with `format=extended` all that makes it again. */
export async function showPlayground(call: Call): Promise<void> {
  const { domain, params, url, publicUrl, send } = call;
  const viewer = signedInClient(call);
  const name = params["name"]!;
  const { library, authored } = domain;
  const doc = await authored.find("playground", name);
  const mine = doc && (doc.owner === viewer.id || viewer.role === "operator") ? doc : undefined;
  // What was stored a moment ago is shown as it is.
  if (mine) await authored.look();
  const entry = library.find("playground", name);
  const readable = entry && library.may(viewer, "canRead", entry);
  if (!mine && !readable)
    throw failure("NOT_FOUND", `There is no playground ${name}.`, "labctl playground catalog");
  const own = mine && {
    ...authored.view(mine, publicUrl),
    problems: await authored.problems(mine),
  };
  // One that does not load has nothing but its problems.
  if (!entry || !readable) return send(200, own);
  const extended = url.searchParams.get("format") === "extended";
  send(200, { ...own, ...shape(call, entry, extended) });
}

function shape(call: Call, entry: Entry, extended: boolean) {
  const { domain, viewer, publicUrl } = call;
  const { library, authored } = domain;
  const playground = entry.playground!;
  const doc = authored.docOf(entry.id);
  const can = (dimension: (typeof OF_PLAYGROUNDS)[number]) => library.may(viewer, dimension, entry);
  const spec = dumpSpec(playground, { scripts: maySeeScripts(call, entry, viewer) });
  return {
    id: entry.id,
    name: entry.name,
    // Empty = it came with the arena: clients start it without asking for consent.
    owner: doc?.owner ?? "",
    base: playground.base ?? "",
    title: entry.title,
    description: entry.description,
    cover: entry.cover,
    categories: entry.categories,
    published: can("canList"),
    pageUrl: `${publicUrl}/playgrounds/${entry.name}`,
    ...(extended ? { markdown: entry.body } : {}),
    ...spec,
    ...(extended ? {} : { initTasks: {} }),
    userAccess: Object.fromEntries(OF_PLAYGROUNDS.map((one) => [one, can(one)])),
  };
}

/** Scripts and logins: for its author, and of what came with the arena for those who write content. */
function maySeeScripts({ domain }: Call, entry: Entry, viewer: Viewer | null): boolean {
  if (!viewer || viewer.role === "learner") return false;
  const owner = domain.authored.docOf(entry.id)?.owner;
  return viewer.role === "operator" || owner === undefined || owner === viewer.id;
}

/** `POST /playgrounds`: by a name alone an empty item, for a push; else all of it, on a base. */
export async function createPlayground(call: Call): Promise<void> {
  const { domain, publicUrl, request, send } = call;
  const viewer = author(call);
  const body = await readJson(request);
  const name = String(body["name"] ?? "");
  const { authored } = domain;
  if (body["base"] === undefined && body["machines"] === undefined) {
    const doc = await authored.create(viewer, "playground", name);
    return send(201, authored.view(doc, publicUrl));
  }
  const text = manifestOf({ ...body, name, base: body["base"] }, {});
  await authored.savePlayground(viewer, name, text, "create");
  send(201, shape(call, entryOf(call, name), false));
}

/** `PUT /playgrounds/{name}`: all of it but its name and its base. */
export async function updatePlayground(call: Call): Promise<void> {
  const { domain, params, request, send } = call;
  const viewer = author(call);
  const name = params["name"]!;
  const { authored } = domain;
  const before = await authored.manifestData(viewer, name);
  const body = await readJson(request);
  const text = manifestOf({ ...body, name, base: before["base"] }, before);
  await authored.savePlayground(viewer, name, text, "update");
  send(200, shape(call, entryOf(call, name), false));
}

function entryOf({ domain }: Call, name: string): Entry {
  const entry = domain.content.entries.get(`playground/${name}`);
  if (!entry) throw failure("UNAVAILABLE", `${name} is being stored.`, "Look again in a moment.");
  return entry;
}

/** The text of a manifest that says what a client sent, over what it said before. */
function manifestOf(body: Record<string, unknown>, before: Record<string, unknown>): string {
  const filled = (value: unknown) =>
    value !== null &&
    value !== undefined &&
    value !== "" &&
    !(typeof value === "object" && Object.keys(value).length === 0);
  const pick = (keys: readonly string[]) =>
    Object.fromEntries(keys.filter((key) => filled(body[key])).map((key) => [key, body[key]]));
  const old = before["playground"];
  const kept = Object.fromEntries(
    Object.entries(typeof old === "object" && old !== null ? old : {}).filter(
      ([key]) => !(SENT as readonly string[]).includes(key) && key !== "access",
    ),
  );
  const owner = ["owner"];
  const lists = body["accessControl"];
  const given = (typeof lists === "object" && lists !== null ? lists : {}) as Record<
    string,
    unknown
  >;
  const accessControl = Object.fromEntries(
    OF_PLAYGROUNDS.map((one) => [one, filled(given[one]) ? given[one] : owner]),
  );
  return writeManifest({
    kind: "playground",
    ...pick(["name", "base", "title", "description", "cover", "categories", "markdown"]),
    playground: { ...pick(SENT), ...kept, accessControl },
  });
}
