import { Show, createSignal, onCleanup, onMount } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Icon } from "~/components/icon";
import { now, span } from "~/live/clock";
import { fits } from "~/live/media";
import { EXTENSIONS, type Play } from "~/live/types";
import { atRest } from "./at-rest";
import { GoBack } from "./go-back";
import { neverReady } from "./never-ready";
import { OpenPorts } from "./open-ports";

/** Pause, extend, ports, copy, restart and end a play: in the row of the header, or behind one button where that is narrow. */
export function Acts(props: {
  play: Play;
  onExtend: () => void;
  onPause: () => void;
  onGoOn: () => void;
  onFork: (checkpoint: string, replace: boolean) => void;
  onRestart: () => void;
  onEnd: () => void;
}) {
  const [open, setOpen] = createSignal(false);
  let box!: HTMLDivElement;
  let button!: HTMLButtonElement;
  onMount(() => {
    const outside = (event: PointerEvent) => {
      if (!box.contains(event.target as Node)) setOpen(false);
    };
    addEventListener("pointerdown", outside);
    onCleanup(() => removeEventListener("pointerdown", outside));
  });
  /** Folds the list; the focus that was in it goes to its button, or it would be nowhere. */
  const close = () => {
    if (!open()) return;
    const inside = box.contains(document.activeElement);
    setOpen(false);
    if (inside) button.focus();
  };
  const done = (act: () => void) => {
    close();
    act();
  };
  /** Of an open dialog in the list, keys are the dialog's alone. */
  const asks = () => box.querySelector("dialog[open]") !== null;
  const keyDown = (event: KeyboardEvent) => {
    if (!open() || asks()) return;
    if (event.key === "Escape") return close();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [
      ...box.querySelectorAll<HTMLButtonElement>(".actslist > button:not(:disabled)"),
    ].filter((one) => one.offsetParent);
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length;
    all[next]?.focus();
  };
  const roomy = fits("(min-width: 1401px)");
  const wide = fits("(min-width: 1721px)");
  /** Copies and ways back need more room. */
  const folded = () => !(props.play.armed ? wide() : roomy());
  const spent = () => props.play.extensions >= EXTENSIONS;
  return (
    <div
      class="acts"
      classList={{ open: open(), many: props.play.armed, folded: folded() }}
      ref={box}
      onKeyDown={keyDown}
      // Who goes on by Tab leaves the list, which would lie over what comes next.
      onFocusOut={(event) => {
        const to = event.relatedTarget as Node | null;
        if (to && !box.contains(to) && !asks()) setOpen(false);
      }}
    >
      <button
        type="button"
        class="btn quiet sm actsbutton"
        ref={button}
        aria-expanded={open()}
        aria-controls="play-acts"
        onClick={() => setOpen(!open())}
      >
        Play
        <Icon name="down" />
      </button>
      <div class="actslist" id="play-acts">
        <p class="meta actsfacts">
          <Show when={!atRest(props.play)} fallback={<span>Stopped. Files are kept.</span>}>
            <span>
              {neverReady(props.play) ? "Ends" : "Pauses"} in{" "}
              <b>{span(Date.parse(props.play.expiresAt) - now())}</b>.
            </span>
          </Show>
          <Show when={!props.play.solve && !neverReady(props.play)}>
            <span>
              Worth <b>{props.play.challenge.points}</b> points.
            </span>
          </Show>
        </p>
        <Show
          when={props.play.state === "STOPPED"}
          fallback={
            <button
              type="button"
              class="btn quiet sm"
              data-testid="pause-play"
              disabled={props.play.state !== "RUNNING"}
              title={
                neverReady(props.play)
                  ? "Its preparation failed: there is nothing to go on with later"
                  : props.play.state === "RUNNING"
                    ? "Machines stop, and everything on them is kept"
                    : "Only a running play can be paused"
              }
              onClick={() => done(() => props.onPause())}
            >
              <Icon name="pause" />
              Pause
            </button>
          }
        >
          <button
            type="button"
            class="btn quiet sm"
            data-testid="go-on"
            onClick={() => done(() => props.onGoOn())}
          >
            <Icon name="play" />
            Go on
          </button>
        </Show>
        <button
          type="button"
          class="btn quiet sm extend-act"
          disabled={spent() || atRest(props.play)}
          title={spent() ? "Extended three times already" : "One more hour"}
          onClick={() => done(() => props.onExtend())}
        >
          <Icon name="clock" />
          Extend
        </button>
        <OpenPorts play={props.play} />
        <Show
          when={(props.play.armed && !neverReady(props.play)) || props.play.state === "STOPPED"}
        >
          <GoBack
            play={props.play}
            onFork={(checkpoint, replace) => done(() => props.onFork(checkpoint, replace))}
          />
          <ConfirmButton
            class="btn quiet sm"
            testid="copy-play"
            label={
              <>
                <Icon name="copy" />
                Copy
              </>
            }
            title="Open a copy of this play?"
            text="The copy begins with the machines and tasks as they are now, beside this play. It takes a place among your running plays; a challenge is solved once, in whichever of them."
            act="Open a copy"
            onConfirm={() => done(() => props.onFork("", false))}
          />
        </Show>
        <ConfirmButton
          class="btn quiet sm"
          label={
            <>
              <Icon name="restart" />
              Restart
            </>
          }
          title="Restart this attempt?"
          text="The machines and everything on them are deleted, and the attempt begins anew. Recorded solves stay."
          act="Restart attempt"
          danger
          onConfirm={() => done(() => props.onRestart())}
        />
        <ConfirmButton
          class="btn quiet sm"
          testid="end-play"
          label={
            <>
              <Icon name="flag" />
              End
            </>
          }
          title="End this attempt?"
          text="The machines and everything on them are deleted. Recorded solves stay."
          act="End attempt"
          danger
          onConfirm={() => done(() => props.onEnd())}
        />
      </div>
    </div>
  );
}
