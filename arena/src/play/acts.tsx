import { Show, createSignal, onCleanup, onMount } from "solid-js";
import { ConfirmButton } from "~/components/confirm";
import { Icon } from "~/components/icon";
import { now, span } from "~/live/clock";
import { EXTENSIONS, type Play } from "~/live/types";

/** Extend, restart and end a play: in the row of the header, or behind one button where that is narrow. */
export function Acts(props: {
  play: Play;
  onExtend: () => void;
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
  const done = (act: () => void) => {
    setOpen(false);
    act();
  };
  const spent = () => props.play.extensions >= EXTENSIONS;
  return (
    <div
      class="acts"
      classList={{ open: open() }}
      ref={box}
      onKeyDown={(event) => {
        // Of an open dialog in the list, Escape closes the dialog alone.
        if (event.key !== "Escape" || !open() || box.querySelector("dialog[open]")) return;
        setOpen(false);
        button.focus();
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
          Ends in <b>{span(Date.parse(props.play.expiresAt) - now())}</b>.{" "}
          <Show when={!props.play.solve}>
            Worth <b>{props.play.challenge.points}</b> points.
          </Show>
        </p>
        <button
          type="button"
          class="btn quiet sm"
          disabled={spent()}
          title={spent() ? "Extended three times already" : "One more hour"}
          onClick={() => done(() => props.onExtend())}
        >
          <Icon name="clock" />
          Extend
        </button>
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
