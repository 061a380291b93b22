import { failure } from "../failure.ts";
import type { Domain } from "../graphql/context.ts";
import type { PlayDoc } from "../models/play.ts";
import { keysOf } from "../models/play.ts";
import { readJson, signedInClient, type Call } from "./call.ts";
import { goDuration, isOver, playShape, playTasks } from "./shapes.ts";

/** Plays of one answer, the newest. */
const MOST = 100;

const own = async (call: Call): Promise<PlayDoc> =>
  call.domain.plays.owned(call.params["id"]!, signedInClient(call));

/** `GET /plays`; with `persistent=true` those that are kept while nobody plays. */
export async function listPlays(call: Call): Promise<void> {
  const { domain, url, publicUrl, send } = call;
  const owner = signedInClient(call).id;
  const found = await domain.store.plays
    .find({ owner })
    .sort({ "view.startedAt": -1 })
    .limit(MOST)
    .lean<PlayDoc[]>();
  const kept = url.searchParams.get("persistent") === "true";
  const wanted = kept ? found.filter(({ view }) => view.state === "STOPPED") : found;
  send(200, await Promise.all(wanted.map((play) => playShape(domain, play, publicUrl))));
}

/** `POST /plays`: a playground by its name. */
export async function startPlay(call: Call): Promise<void> {
  const { domain, request, publicUrl, send } = call;
  const viewer = signedInClient(call);
  const body = await readJson(request);
  const name = String(body["playground"] ?? "");
  const changed = ["tabs", "networks", "machines", "initTasks"].find(
    (key) => body[key] !== undefined && body[key] !== null,
  );
  if (changed)
    throw failure(
      "BAD_INPUT",
      `A play cannot have ${changed} of its own here.`,
      "Store a playground with them: labctl playground create NAME --base BASE -f FILE",
    );
  const entry = domain.library.find("playground", name);
  if (!entry) throw failure("NOT_FOUND", `There is no playground ${name}.`, "");
  const play = await domain.plays.start(viewer, entry.id, { answers: answersOf(body) });
  send(201, await playShape(domain, play, publicUrl));
}

/** Answers to a playground's questions, as clients send them: a map of texts. */
function answersOf({ initConditions }: Record<string, unknown>): Record<string, string> {
  if (initConditions === undefined || initConditions === null) return {};
  const given = Object.entries(initConditions as Record<string, unknown>);
  if (Array.isArray(initConditions) || given.length > 100)
    throw failure("BAD_INPUT", "initConditions is no map.", "Send -i key=value.");
  return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
}

/** `GET /plays/{id}`: also when it is over. */
export async function showPlay(call: Call): Promise<void> {
  call.send(200, await playShape(call.domain, await own(call), call.publicUrl));
}

/** `GET /plays/{id}/tasks`: states by name; scripts and output are the author's business. */
export async function listTasks(call: Call): Promise<void> {
  const play = await own(call);
  const machines = new Map(keysOf(play).map(({ name, machine }) => [name, machine]));
  const wanted = call.url.searchParams.getAll("machine");
  const tasks = Object.values(playTasks(play))
    .map((task) => ({ ...task, machine: machines.get(task.name) ?? "" }))
    .filter(({ machine }) => !wanted.length || wanted.includes(machine));
  call.send(200, tasks);
}

type Act = (call: Call, play: PlayDoc, body: Record<string, unknown>) => Promise<void>;

/** Milliseconds that the end of a play may hold up an answer; a host that boots machines takes longer. */
const PATIENCE = 3_000;

/** Ends a play: what its log says counts at once, its machines go by themselves. */
export async function endSoon(domain: Domain, play: PlayDoc): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    // The sweep goes on where a host is away.
    domain.plays.end(play, "Ended by its owner.").catch(() => undefined),
    new Promise((done) => (timer = setTimeout(done, PATIENCE))),
  ]);
  clearTimeout(timer);
}

/** Actions of spec 2.4 that this arena has. */
const ACTS: Record<string, Act> = {
  stop: ({ domain }, play) => domain.keeping.pause(play, play.armed ?? false, ""),
  restart: ({ domain }, play) => domain.keeping.resume(play),
  destroy: ({ domain }, play) => endSoon(domain, play),
  // Every play that is stopped is kept, so there is nothing to do for it.
  make_persistent: async (_, play) => {
    if (isOver(play)) throw failure("BAD_INPUT", "The play is over.", "Start a new one.");
  },
  set_title: async ({ domain }, play, { title }) => {
    if (typeof title !== "string" || title.length > 120)
      throw failure("BAD_INPUT", "That is no title.", "Use at most 120 characters.");
    await domain.store.plays.updateOne({ _id: play._id }, { $set: { title } });
  },
  set_max_play_time: async ({ domain }, play, { maxPlayTimeMinutes: minutes }) => {
    if (typeof minutes !== "number" || !Number.isInteger(minutes) || minutes < 1)
      throw failure("BAD_INPUT", "That is no time.", "Send whole minutes.");
    const from = play.createdAt ?? play.view.startedAt;
    // Time is added in steps, as on the page; asking for less changes nothing.
    for (let now = play; now.view.expiresAt < from + minutes * 60_000;) {
      await domain.plays.extend(now);
      const next = await domain.plays.find(play._id);
      if (!next || next.view.expiresAt <= now.view.expiresAt)
        throw failure(
          "LIMIT",
          `A play lasts at most ${goDuration(now.view.expiresAt - from)} here.`,
          "",
        );
      now = next;
    }
  },
};

/** `POST /plays/{id}/actions`. */
export async function act(call: Call): Promise<void> {
  const { domain, request, publicUrl, send } = call;
  const play = await own(call);
  const body = await readJson(request);
  const action = String(body["action"] ?? "");
  if (!Object.hasOwn(ACTS, action))
    throw failure(
      "BAD_INPUT",
      `This arena does not know the action "${action.slice(0, 60)}".`,
      `It knows ${Object.keys(ACTS).join(", ")}.`,
    );
  await ACTS[action]!(call, play, body);
  const now = (await domain.plays.find(play._id)) ?? play;
  send(200, await playShape(domain, now, publicUrl));
}

/** `POST /plays/{id}/conns`: an address with its own secret, good for several minutes and dials. */
export async function openConnection(call: Call): Promise<void> {
  const play = await own(call);
  const { domain, publicUrl, send } = call;
  const base = publicUrl.replace(/^http/, "ws");
  send(200, { url: `${base}/api/conns/${domain.conns.token(play._id)}` });
}
