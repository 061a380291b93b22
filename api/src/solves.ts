import type { Boards } from "./boards.ts";
import { challengeRow, globalBoard, globalRow } from "./boards.ts";
import type { Live } from "./live.ts";
import type { EventLog } from "./log.ts";
import type { PlayDoc, SolveView } from "./models/play.ts";
import type { FirstDoc, SolveDoc, Store, TallyDoc } from "./models/store.ts";
import { isDuplicate } from "./models/store.ts";
import { orElse } from "./redis.ts";
import type { Scored, SolvedFact } from "./scoring.ts";
import { currentRules, foldAttempt, isEarlier } from "./scoring.ts";

/** The log of what one user did about one challenge, over all plays. */
export function attemptLog(challenge: string, user: string): string {
  return `open:${challenge}:${user}`;
}

/** Records solves. Every step may be repeated, so a crash anywhere is repaired by calling again. */
export class Solves {
  #store: Store;
  #log: EventLog;
  #boards: Boards;
  #live: Live;

  constructor(store: Store, log: EventLog, boards: Boards, live: Live) {
    this.#store = store;
    this.#log = log;
    this.#boards = boards;
    this.#live = live;
  }

  /** Records that a play completed its challenge. @returns null when another play had solved it. */
  async record(play: PlayDoc): Promise<SolveView | null> {
    const at = play.view.completedAt;
    if (at === null) return null;
    const log = attemptLog(play.challenge, play.owner);
    const since = play.view.runningAt ?? play.view.startedAt;
    const fact: SolvedFact = {
      challenge: play.challenge,
      user: play.owner,
      handle: play.handle,
      play: play._id,
      at,
      // While its machines stood still nobody could work on it.
      seconds:
        Math.max(0, at - (since <= at ? since : play.view.startedAt) - (play.view.stoppedMs ?? 0)) /
        1000,
      difficulty: play.difficulty,
      rules: currentRules,
      ranked: play.ranked,
    };
    await this.#log.append({
      log,
      eventId: `${log}/solved`,
      scope: "open",
      at,
      type: "solved",
      data: { ...fact },
    });
    const scored = foldAttempt(await this.#log.readAll(log));
    if (!scored) throw new Error(`the log ${log} has no solve right after it was appended`);
    const claimed = scored.mayBeFirst && (await this.#claimFirst(scored));
    let solve = await this.#write(scored, claimed);
    // An earlier solver may have taken the place between the claim and the write: who is displaced
    // looks again after writing, who displaces writes after taking the place, so one of both is last.
    const firstSolve = claimed && (await this.#firstOf(play.challenge))?.user === play.owner;
    if (claimed && !firstSolve) solve = await this.#write(scored, false);
    if (scored.play !== play._id) return null;
    return {
      challenge: solve.challenge,
      points: solve.points,
      firstSolve,
      at: solve.at,
      seconds: solve.seconds,
      hintCost: solve.hintCost,
    };
  }

  /** Compare-and-set on the challenge's first solver: the earlier instant wins, whoever came in first. */
  async #claimFirst(solve: Scored): Promise<boolean> {
    const { challenge, user, play, at } = solve;
    for (;;) {
      try {
        await this.#store.firsts.collection.insertOne({ _id: challenge, user, play, at } as never);
        return true;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      const first = await this.#firstOf(challenge);
      if (!first) continue;
      if (first.user === user) {
        // A crash may have come between taking the place and correcting the one who had it.
        if (first.displaced) await this.#displace(challenge, first.displaced);
        return true;
      }
      if (!isEarlier(solve, first)) return false;
      const swapped = await this.#store.firsts.updateOne(
        { _id: challenge, user: first.user },
        { $set: { user, play, at, displaced: first.user } },
      );
      if (!swapped.modifiedCount) continue;
      await this.#displace(challenge, first.user);
      return true;
    }
  }

  #firstOf(challenge: string): Promise<FirstDoc | null> {
    return this.#store.firsts.findById(challenge).lean<FirstDoc>().exec();
  }

  /** Takes the first-solve bonus from a user who turned out not to be the first. */
  async #displace(challenge: string, user: string): Promise<void> {
    const displaced = foldAttempt(await this.#log.readAll(attemptLog(challenge, user)));
    if (displaced) await this.#write(displaced, false);
  }

  async #write(scored: Scored, firstSolve: boolean): Promise<SolveDoc> {
    const points = scored.points + (firstSolve ? scored.bonus : 0);
    const { challenge, user, handle, play, ranked, at, seconds, hintCost, rules } = scored;
    const solve: SolveDoc = {
      _id: attemptLog(challenge, user),
      challenge,
      user,
      handle,
      play,
      ranked,
      at,
      seconds,
      points,
      hintCost,
      firstSolve,
      rules,
    };
    let fresh = true;
    try {
      await this.#store.solves.collection.insertOne(solve as never);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      fresh = false;
      await this.#store.solves.updateOne({ _id: solve._id }, { $set: { points, firstSolve } });
    }
    const tally = await this.#store.tallies
      .findOneAndUpdate(
        { _id: user },
        { $set: { handle, ranked, [`solves.${challenge}`]: { points, at, seconds, firstSolve } } },
        { upsert: true, returnDocument: "after" },
      )
      .lean<TallyDoc>();
    if (!ranked) return solve;
    // Redis may be away: its boards are then rebuilt from the log when it is back.
    const rows = Object.values(tally?.solves ?? {});
    await orElse(this.#boards.set(challenge, challengeRow(solve, points)), undefined);
    await orElse(this.#boards.set(globalBoard, globalRow(user, handle, rows)), undefined);
    if (fresh) this.#live.publish("feed", solve);
    return solve;
  }
}
