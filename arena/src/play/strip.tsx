import { A } from "@solidjs/router";
import { Match, Show, Switch, createResource } from "solid-js";
import { Glyph, Icon } from "~/components/icon";
import { ask } from "~/live/ask";
import { now, span } from "~/live/clock";
import { useMe } from "~/live/me";
import {
  CHALLENGE_ROW,
  EXTENSIONS,
  type Challenge,
  type Play,
  type PlayLimits,
} from "~/live/types";
import { GoBack } from "./go-back";
import { stepTitle } from "./init-step";
import { neverReady } from "./never-ready";
import { nextChallenge } from "./next-challenge";
import { stripChoice } from "./strip-choice";

/** Exactly one strip, or none: an error, a failed attempt, the coming end, the result. */
export function Strip(props: {
  play: Play;
  error: string;
  onClose: () => void;
  onRestart: () => void;
  onExtend: () => void;
  onGoOn: () => void;
  onStay: () => void;
  onFork: (checkpoint: string, replace: boolean) => void;
  onAgain: () => void;
}) {
  const { me } = useMe();
  const choice = () => stripChoice(props.play, props.error, now());
  const failed = () => props.play.tasks.find((task) => task.state === 35);
  /** Why it failed: of a task what its failcheck said, and which step it was where that is no task of the text. */
  const why = () => {
    const said = failed()?.failure ?? "";
    const init = props.play.challenge.tasks.find(
      ({ kind, name }) => kind === "init" && name === failed()?.name,
    );
    if (init) return `the step “${stepTitle(init)}” of the preparation${said ? `: ${said}` : "."}`;
    return props.play.reason || said || "the machines did not start.";
  };
  const left = () => Date.parse(props.play.expiresAt) - now();
  /** A preparation that failed is not looked at for ever, either. */
  const looked = () =>
    Math.min(left(), Date.parse(props.play.idleStopsAt ?? props.play.expiresAt) - now());
  const [limits] = createResource(
    () => ["idle", "expiry"].includes(choice()),
    async () =>
      (
        await ask<{ playLimits: PlayLimits }>(
          "{ playLimits { idleMinutes kept keptHours keptNow } }",
        )
      ).playLimits,
  );
  /** What becomes of it, in words. */
  const then = () => {
    const known = limits.state === "ready" && limits();
    if (!known || known.keptNow < known.kept)
      return "Everything on its machines is kept, and you can go on later.";
    return known.kept
      ? `You keep ${known.kept} paused plays already: end one, or this one is deleted then.`
      : "Its machines and files on them are deleted then.";
  };
  return (
    <Switch>
      <Match when={choice() === "error"}>
        <div class="banner failed-b" role="alert">
          <Glyph state="failed" />
          <span>{props.error}</span>
          <div class="end">
            <button type="button" class="btn sm" onClick={() => props.onClose()}>
              Close
            </button>
          </div>
        </div>
      </Match>
      <Match when={choice() === "failed"}>
        <div class="banner failed-b" role="alert">
          <Glyph state="failed" />
          <div>
            <b>Failed: {why()}</b>{" "}
            <span class="dim">
              This attempt can’t be completed any more.
              <Show when={neverReady(props.play)}>
                {" "}
                Its machines can be looked at for {span(looked())} more.
              </Show>
            </span>
          </div>
          <div class="end">
            <Show when={props.play.state === "RUNNING"}>
              <GoBack class="btn sm" play={props.play} onFork={props.onFork} />
            </Show>
            <button type="button" class="btn sm" onClick={() => props.onRestart()}>
              Restart attempt
            </button>
          </div>
        </div>
      </Match>
      <Match when={choice() === "stopped"}>
        <div class="banner" role="status" data-testid="stopped-strip">
          <Icon name="pause" />
          <div>
            <b>{props.play.state === "STOPPING" ? "Stopping. " : "Stopped. "}Files are kept.</b>{" "}
            <span class="dim">
              {props.play.reason}
              <Show when={props.play.keptUntil}>
                {(until) => ` It is deleted on ${day(until())} unless you go on.`}
              </Show>
            </span>
          </div>
          <Show when={props.play.state === "STOPPED"}>
            <div class="end">
              <button type="button" class="btn sm primary" onClick={() => props.onGoOn()}>
                Go on
              </button>
            </div>
          </Show>
        </div>
      </Match>
      <Match when={choice() === "idle"}>
        <div class="banner caution-b" role="status" data-testid="idle-strip">
          <Icon name="clock" />
          <div>
            <b>
              Nothing happens here. This play pauses in{" "}
              {span(Date.parse(props.play.idleStopsAt!) - now())}.
            </b>{" "}
            <span class="dim">{then()}</span>
          </div>
          <div class="end">
            <button type="button" class="btn sm" onClick={() => props.onStay()}>
              Keep it running
            </button>
          </div>
        </div>
      </Match>
      <Match when={choice() === "ended"}>
        <div class="banner" role="status" data-testid="ended-strip">
          <Icon name="flag" />
          <div>
            <b>This attempt has ended.</b>{" "}
            <span class="dim">{props.play.reason || "Its machines are deleted."}</span>
          </div>
          <div class="end">
            <A class="btn sm" href="/challenges">
              Challenges
            </A>
            <button type="button" class="btn sm primary" onClick={() => props.onAgain()}>
              Start again
            </button>
          </div>
        </div>
      </Match>
      <Match when={choice() === "expiry"}>
        <div class="banner caution-b" role="status" data-testid="expiry-strip">
          <Icon name="clock" />
          <div>
            <b>This play pauses in {span(left())}.</b>{" "}
            <span class="dim">
              {then()} {props.play.extensions < EXTENSIONS ? "One more hour is yours to take." : ""}
            </span>
          </div>
          <Show when={props.play.extensions < EXTENSIONS}>
            <div class="end">
              <button type="button" class="btn sm" onClick={() => props.onExtend()}>
                Extend by an hour
              </button>
            </div>
          </Show>
        </div>
      </Match>
      <Match when={choice() === "result" && props.play.solve}>
        {(solve) => (
          <section class="result" aria-label="Result" role="status" data-testid="solved-strip">
            <div class="fig">
              <b>{span(solve().seconds * 1000)}</b>
              <span class="meta">Solved in</span>
            </div>
            <div class="fig">
              <b>{solve().points.toLocaleString("en")}</b>
              <span class="meta">
                points{solve().firstSolve ? ", first solve" : ""}
                {solve().hintCost ? `, hints −${solve().hintCost}` : ""}
              </span>
            </div>
            <Show when={me()?.rank}>
              {(rank) => (
                <div class="fig" data-testid="solved-rank">
                  <b>{rank().toLocaleString("en")}</b>
                  <span class="meta">your rank now</span>
                </div>
              )}
            </Show>
            <div class="end">
              <A class="btn" href={`/leaderboard?challenge=${props.play.challenge.name}`}>
                Leaderboard
              </A>
              <Next play={props.play} />
            </div>
          </section>
        )}
      </Match>
    </Switch>
  );
}

const day = (at: string) =>
  new Date(at).toLocaleString("en", {
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
  });

/** The way to the challenge that follows, or to all of them when none is left or none is known yet. */
function Next(props: { play: Play }) {
  const [all] = createResource(
    async () =>
      (await ask<{ challenges: Challenge[] }>(`{ challenges { ${CHALLENGE_ROW} } }`)).challenges,
  );
  const next = () => all.state === "ready" && nextChallenge(props.play.challenge, all());
  return (
    <Show
      when={next()}
      fallback={
        <A class="btn primary" href="/challenges">
          All challenges
        </A>
      }
    >
      {(one) => (
        <A class="btn primary" href={`/challenges/${one().name}`} title={one().title}>
          Next: {one().title}
        </A>
      )}
    </Show>
  );
}
