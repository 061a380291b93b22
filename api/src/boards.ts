import { createHash } from "node:crypto";
import type { EventDoc, Store, TallyDoc } from "./models/store.ts";
import type { Live } from "./live.ts";
import type { Redis } from "./redis.ts";
import type { Scored } from "./scoring.ts";
import { foldAttempt, isEarlier } from "./scoring.ts";

export interface Row {
  userId: string;
  handle: string;
  points: number;
  solves: number;
  lastAt: number;
  seconds: number | null;
}
export interface RankedRow extends Row {
  rank: number;
}
export interface BoardPage {
  version: number;
  total: number;
  rows: RankedRow[];
}

/** The board of everything; the others carry their challenge's name. */
export const globalBoard = "*";

// Swaps a row as one step. A row with fewer solves than the stored one is late news.
const setRow = `
local old = redis.call('HGET', KEYS[3], ARGV[1])
if old == ARGV[4] then return 0 end
if old and cjson.decode(old).solves > tonumber(ARGV[5]) then return 0 end
local member = redis.call('HGET', KEYS[2], ARGV[1])
if member then redis.call('ZREM', KEYS[1], member) end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[4])
redis.call('SADD', KEYS[5], ARGV[7])
redis.call('SET', KEYS[4], ARGV[6], 'NX')
redis.call('INCR', KEYS[4])
return 1`;

/** More points, then the earlier last scoring instant, then the lower id. */
export function compareRows(a: Row, b: Row): number {
  return (
    b.points - a.points ||
    a.lastAt - b.lastAt ||
    (a.userId < b.userId ? -1 : Number(a.userId > b.userId))
  );
}

/** A user's row of the global board. */
export function globalRow(
  userId: string,
  handle: string,
  solves: { points: number; at: number }[],
): Row {
  const scoring = solves.filter((solve) => solve.points > 0);
  return {
    userId,
    handle,
    points: solves.reduce((sum, solve) => sum + solve.points, 0),
    solves: solves.length,
    lastAt: Math.max(...(scoring.length ? scoring : solves).map((solve) => solve.at)),
    seconds: null,
  };
}

/** Folds the logs of all attempts into every board. */
export function foldBoards(events: EventDoc[]): Map<string, Row[]> {
  const logs = new Map<string, EventDoc[]>();
  for (const event of events) {
    const log = logs.get(event.log) ?? [];
    log.push(event);
    logs.set(event.log, log);
  }
  const firsts = new Map<string, Scored>();
  const solves: Scored[] = [];
  for (const log of logs.values()) {
    const solve = foldAttempt(log.sort((a, b) => a.seq - b.seq));
    if (!solve?.ranked) continue;
    solves.push(solve);
    const first = firsts.get(solve.challenge);
    if (solve.mayBeFirst && (!first || isEarlier(solve, first))) firsts.set(solve.challenge, solve);
  }
  const boards = new Map<string, Row[]>();
  const users = new Map<string, { handle: string; solves: { points: number; at: number }[] }>();
  for (const solve of solves) {
    const points = solve.points + (firsts.get(solve.challenge) === solve ? solve.bonus : 0);
    const rows = boards.get(solve.challenge) ?? [];
    rows.push(challengeRow(solve, points));
    boards.set(solve.challenge, rows);
    const user = users.get(solve.user) ?? { handle: solve.handle, solves: [] };
    user.solves.push({ points, at: solve.at });
    users.set(solve.user, user);
  }
  if (users.size)
    boards.set(
      globalBoard,
      [...users].map(([id, user]) => globalRow(id, user.handle, user.solves)),
    );
  for (const rows of boards.values()) rows.sort(compareRows);
  return boards;
}

/** A user's row of a challenge's board. */
export function challengeRow(
  solve: { user: string; handle: string; at: number; seconds: number },
  points: number,
): Row {
  return {
    userId: solve.user,
    handle: solve.handle,
    points,
    solves: 1,
    lastAt: solve.at,
    seconds: solve.seconds,
  };
}

/** One sha256 over every row of every board, in order. */
export function digestBoards(boards: Map<string, Row[]>): string {
  const hash = createHash("sha256");
  for (const name of [...boards.keys()].sort())
    for (const [i, row] of (boards.get(name) ?? []).entries())
      hash.update(
        `${name}\t${i + 1}\t${row.userId}\t${row.points}\t${row.solves}\t${row.lastAt}\t${row.seconds}\n`,
      );
  return hash.digest("hex");
}

/** Boards as sorted sets in Redis: a cache of the log, written with absolute values only. */
export class Boards {
  #store: Store;
  #redis: Redis;
  #live: Live | null;
  #arena: string;
  #shared = new Map<string, { until: number; page: Promise<BoardPage> }>();
  #building: Promise<void> | null = null;

  constructor(store: Store, redis: Redis, live: Live | null, arena: string) {
    this.#store = store;
    this.#redis = redis;
    this.#live = live;
    this.#arena = arena;
  }

  #key(board: string, part: string): string {
    return `agon:${this.#arena}:board:${board}:${part}`;
  }
  get #names(): string {
    return `agon:${this.#arena}:boards`;
  }
  get #built(): string {
    return `agon:${this.#arena}:boards:built`;
  }

  /** Sets a row to absolute values; repeating it changes nothing. */
  async set(board: string, row: Row): Promise<void> {
    const changed = await this.#redis.eval(setRow, {
      keys: [
        this.#key(board, "z"),
        this.#key(board, "member"),
        this.#key(board, "row"),
        this.#key(board, "version"),
        this.#names,
      ],
      arguments: [
        row.userId,
        String(-row.points),
        `${String(row.lastAt.toFixed(3)).padStart(20, "0")}:${row.userId}`,
        JSON.stringify(row),
        String(row.solves),
        // Grows over a lost Redis too, so that no reader takes an old page for a new one.
        String(Math.floor(Date.now() / 1000) - 1_700_000_000),
        board,
      ],
    });
    if (changed) this.#live?.publish(`board:${board}`, {});
  }

  /** A page of a board; from MongoDB while Redis is away or being filled. */
  async page(board: string, after: number, first: number): Promise<BoardPage> {
    // Many subscribers ask for the same page at the same moment: one read serves them.
    const key = `${board}:${after}:${first}`;
    const shared = this.#shared.get(key);
    if (shared && shared.until > Date.now()) return shared.page;
    if (this.#shared.size > 500) this.#shared.clear();
    const page = this.#read(board, after, first);
    this.#shared.set(key, { until: Date.now() + 50, page });
    page.catch(() => this.#shared.delete(key));
    return page;
  }

  async #read(board: string, after: number, first: number): Promise<BoardPage> {
    try {
      if (!(await this.#redis.exists(this.#built))) throw new Error("not built");
      const z = this.#key(board, "z");
      const [version, total, members] = await Promise.all([
        this.#redis.get(this.#key(board, "version")),
        this.#redis.zCard(z),
        this.#redis.zRange(z, after, after + first - 1),
      ]);
      const ids = members.map((member) => member.slice(member.indexOf(":") + 1));
      const found = ids.length ? await this.#redis.hmGet(this.#key(board, "row"), ids) : [];
      const rows = found.flatMap((json, i) =>
        json ? [{ ...(JSON.parse(json) as Row), rank: after + i + 1 }] : [],
      );
      return { version: Number(version ?? 0), total, rows };
    } catch {
      const rows = await this.#fromTallies(board);
      return {
        version: 0,
        total: rows.length,
        rows: rows.slice(after, after + first).map((row, i) => ({ ...row, rank: after + i + 1 })),
      };
    }
  }

  /** A user's own row, or null when they are not on the board. */
  async own(board: string, user: string): Promise<RankedRow | null> {
    try {
      if (!(await this.#redis.exists(this.#built))) throw new Error("not built");
      const [member, json] = await Promise.all([
        this.#redis.hGet(this.#key(board, "member"), user),
        this.#redis.hGet(this.#key(board, "row"), user),
      ]);
      if (!member || !json) return null;
      const rank = await this.#redis.zRank(this.#key(board, "z"), member);
      return rank === null ? null : { ...(JSON.parse(json) as Row), rank: rank + 1 };
    } catch {
      const rows = await this.#fromTallies(board);
      const at = rows.findIndex((row) => row.userId === user);
      const row = rows[at];
      return row ? { ...row, rank: at + 1 } : null;
    }
  }

  async #fromTallies(board: string): Promise<Row[]> {
    const tallies = await this.#store.tallies.find({ ranked: true }).lean<TallyDoc[]>();
    const rows = tallies.flatMap((tally) => {
      if (board === globalBoard) {
        const solves = Object.values(tally.solves ?? {});
        return solves.length ? [globalRow(tally._id, tally.handle, solves)] : [];
      }
      const solve = tally.solves?.[board];
      return solve
        ? [challengeRow({ user: tally._id, handle: tally.handle, ...solve }, solve.points)]
        : [];
    });
    return rows.sort(compareRows);
  }

  async foldLog(): Promise<Map<string, Row[]>> {
    return foldBoards(await this.#store.events.find({ scope: "open" }).lean<EventDoc[]>());
  }

  async readRedis(): Promise<Map<string, Row[]>> {
    const boards = new Map<string, Row[]>();
    for (const name of await this.#redis.sMembers(this.#names)) {
      const members = await this.#redis.zRange(this.#key(name, "z"), 0, -1);
      const ids = members.map((member) => member.slice(member.indexOf(":") + 1));
      const found = ids.length ? await this.#redis.hmGet(this.#key(name, "row"), ids) : [];
      boards.set(
        name,
        found.flatMap((json) => (json ? [JSON.parse(json) as Row] : [])),
      );
    }
    return boards;
  }

  /** Fills Redis from the log when it holds no boards. */
  async ensure(): Promise<void> {
    if (await this.#redis.exists(this.#built)) return;
    this.#building ??= this.#write().finally(() => (this.#building = null));
    await this.#building;
  }

  /** Drops every board and writes it again from the log. */
  async rebuild(): Promise<void> {
    for (const name of await this.#redis.sMembers(this.#names))
      await this.#redis.del(["z", "member", "row"].map((part) => this.#key(name, part)));
    await this.#redis.del(this.#names);
    await this.#write();
    // What was recorded between reading the log and dropping the boards.
    await this.#write();
  }

  async #write(): Promise<void> {
    for (const [name, rows] of await this.foldLog())
      for (const row of rows) await this.set(name, row);
    await this.#redis.set(this.#built, String(Date.now()));
  }
}
