/**
 * What a reader does before the page's code is there. The server's page looks ready, but a click on it
 * would do nothing, or, as the first delegated event during a paused hydration, make Solid give the
 * server's elements up (solid-js 1.9, `eventHandler` sets `done`); its own replay calls `composedPath()` of a
 * past event, which is empty. So events wait here, outside of Solid, and are done again when the page lives.
 */

/** Acts held at most; milliseconds after which a page whose code never came gets its events back. */
const HELD = 20;
const GIVE_UP = 30_000;

declare global {
  var agonEarly: { release(): void } | undefined;
}

/** Runs in the page's head, as text: uses nothing from outside. */
function holdEarlyActs(most: number, giveUp: number): void {
  const acts: [Element, string][] = [];
  // Solid's delegated events, and those that change or send forms.
  const types =
    "beforeinput click dblclick contextmenu focusin focusout input change submit keydown keyup mousedown mousemove mouseout mouseover mouseup pointerdown pointermove pointerout pointerover pointerup touchend touchmove touchstart".split(
      " ",
    );
  const hold = (event: Event): void => {
    event.stopImmediatePropagation();
    const { target, type } = event;
    if (!(target instanceof Element)) return;
    const el = type === "click" ? target.closest("button") : target;
    // A link, a box and a field do what they do by themselves; a button and a form need the page's code.
    if (!el || !/^(click|input|change|submit)$/.test(type)) return;
    if (type === "click" || type === "submit") event.preventDefault();
    if (acts.length < most) acts.push([el, type]);
  };
  for (const type of types) addEventListener(type, hold, true);
  const free = (): void => {
    for (const type of types) removeEventListener(type, hold, true);
  };
  const timer = setTimeout(free, giveUp);
  globalThis.agonEarly = {
    release() {
      clearTimeout(timer);
      free();
      for (const [el, type] of acts.splice(0)) {
        if (!el.isConnected) continue;
        if (type === "click") (el as HTMLButtonElement).click();
        else if (type === "submit") (el as HTMLFormElement).requestSubmit();
        else el.dispatchEvent(new Event(type, { bubbles: true }));
      }
    },
  };
}

/** For the page's head. */
export const earlyActs = `(${holdEarlyActs.toString()})(${HELD},${GIVE_UP})`;

/** The page lives: what was held is done, in its order. */
export function releaseEarlyActs(): void {
  globalThis.agonEarly?.release();
  globalThis.agonEarly = undefined;
}
