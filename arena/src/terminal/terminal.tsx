import "@xterm/xterm/css/xterm.css";
import { createSignal, onCleanup, onMount } from "solid-js";
import { ask } from "~/live/ask";
import type { RowKey } from "./key-row";
import { terminalTheme } from "./theme";

const ENCODER = new TextEncoder();
/** Milliseconds without a word of a shell after which the page says what is waited for. */
const SLOW = 500;

function frame(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(body.length + 1);
  out[0] = type;
  out.set(body, 1);
  return out;
}

/** The terminal's code, loaded once: called early, it is there when the machine is. */
export const loadXterm = () =>
  Promise.all([
    import("@xterm/xterm"),
    import("@xterm/addon-fit"),
    import("@xterm/addon-web-links"),
  ]);

export interface TerminalKeys {
  press: (key: RowKey) => void;
}

/** A terminal on a machine; it comes back to the same shell after every break of the line. */
export function Terminal(props: {
  play: string;
  machine: string;
  /** Of several on the machine: which, from 1. */
  nth: number;
  user: string;
  /** Gives the way in which other keys than the keyboard's reach this terminal. */
  onKeys: (keys: TerminalKeys) => void;
  /** The machine's terminal answered. */
  onReached: () => void;
}) {
  let box!: HTMLDivElement;
  let foot!: HTMLDivElement;
  const [state, setState] = createSignal("connecting");
  onMount(() => {
    let over = false;
    let socket: WebSocket | undefined;
    let cleanup = () => {};
    onCleanup(() => {
      over = true;
      socket?.close();
      cleanup();
    });
    // One session per tab of the browser and machine: a reload finds the same shell.
    const nth = props.nth > 1 ? `-${props.nth}` : "";
    const key = `agon-session-${props.play}-${props.machine}${nth}`;
    const openTerminal = async () =>
      (
        await ask<{ openTerminal: { url: string; session: string } }>(
          "mutation($p: ID!, $m: String!, $s: String) { openTerminal(play: $p, machine: $m, session: $s) { url session } }",
          { p: props.play, m: props.machine, s: sessionStorage.getItem(key) },
        )
      ).openTerminal;
    // Asked while the terminal is built: neither waits for the other.
    let early: ReturnType<typeof openTerminal> | undefined = openTerminal();
    early.catch(() => undefined);
    void (async () => {
      const [{ Terminal: Xterm }, { FitAddon }, { WebLinksAddon }] = await loadXterm();
      if (over) return;
      const terminal = new Xterm({
        fontSize: 13,
        lineHeight: 1.35,
        fontFamily: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
        scrollback: 5000,
        cursorBlink: true,
        minimumContrastRatio: 4.5,
        drawBoldTextInBrightColors: false,
        theme: terminalTheme(),
        allowProposedApi: true,
      });
      const fit = new FitAddon();
      terminal.loadAddon(fit);
      terminal.loadAddon(new WebLinksAddon());
      terminal.open(box);
      const refit = () => box.clientWidth > 0 && fit.fit();
      const watch = new ResizeObserver(refit);
      watch.observe(box);
      const retheme = () => (terminal.options.theme = terminalTheme());
      addEventListener("themechange", retheme);
      const send = (type: number, body: Uint8Array) =>
        socket?.readyState === WebSocket.OPEN && socket.send(frame(type, body));
      const resize = () =>
        send(1, ENCODER.encode(JSON.stringify({ rows: terminal.rows, cols: terminal.cols })));
      let ctrl: (() => void) | undefined;
      terminal.onData((text) => {
        if (ctrl && text.length === 1) {
          // Ctrl and a character: its lowest five bits, as terminals have always had it.
          text = String.fromCharCode(text.toUpperCase().charCodeAt(0) & 31);
          ctrl();
          ctrl = undefined;
        }
        send(0, ENCODER.encode(text));
      });
      props.onKeys({
        press: (key) => {
          if ("ctrl" in key) ctrl = key.ctrl ? key.released : undefined;
          else terminal.input(key.text);
          terminal.focus();
        },
      });
      terminal.onResize(resize);
      // The one way out of the terminal for the keyboard.
      terminal.attachCustomKeyEventHandler((event) => {
        if (event.ctrlKey && event.shiftKey && event.key === "Escape") {
          terminal.blur();
          // Behind the terminal: Tab goes on from here, and does not lead back into it.
          foot.focus();
          return false;
        }
        return true;
      });
      cleanup = () => {
        watch.disconnect();
        removeEventListener("themechange", retheme);
        terminal.dispose();
      };
      refit();
      let pause = 300;
      // A new shell on a busy computer takes seconds to say its first word.
      let slow: ReturnType<typeof setTimeout> | undefined;
      let hinted = false;
      const connect = async () => {
        if (over) return;
        try {
          const slot = await (early ?? openTerminal());
          early = undefined;
          sessionStorage.setItem(key, slot.session);
          if (over) return;
          const line = new WebSocket(`${location.origin.replace(/^http/, "ws")}${slot.url}`);
          line.binaryType = "arraybuffer";
          socket = line;
          line.onopen = () => {
            pause = 300;
            resize();
          };
          line.onmessage = ({ data }) => {
            const bytes = new Uint8Array(data as ArrayBuffer);
            const body = bytes.subarray(1);
            if (bytes[0] === 2) {
              const control = JSON.parse(new TextDecoder().decode(body)) as {
                type: string;
                code?: number;
              };
              if (control.type === "ready") {
                // What follows is the whole screen as the host kept it.
                terminal.reset();
                clearTimeout(slow);
                slow = setTimeout(() => {
                  hinted = true;
                  // On a line of its own, so that the cursor does not stand at its end.
                  terminal.write("\u001b[90mNothing from the shell yet.\u001b[0m\r\n");
                }, SLOW);
                setState("connected");
                props.onReached();
              }
              if (control.type === "exit") {
                sessionStorage.removeItem(key);
                terminal.write("\r\n\u001b[2m[the shell ended; a new one follows]\u001b[0m\r\n");
              }
              return;
            }
            clearTimeout(slow);
            if (hinted) terminal.reset();
            hinted = false;
            terminal.write(body, () => {
              const ack = new Uint8Array(4);
              new DataView(ack.buffer).setUint32(0, body.length);
              send(2, ack);
            });
          };
          line.onclose = () => {
            clearTimeout(slow);
            if (over) return;
            setState("reconnecting");
            setTimeout(() => void connect(), pause);
            pause = Math.min(pause * 2, 4000);
          };
        } catch {
          early = undefined;
          setState("reconnecting");
          setTimeout(() => void connect(), pause);
          pause = Math.min(pause * 2, 4000);
        }
      };
      await connect();
      terminal.focus();
    })();
  });
  return (
    <div class="termfill" data-terminal-state={state()}>
      <div class="termbox" ref={box} data-testid="terminal" data-machine={props.machine} />
      <div class="termfoot" ref={foot} tabindex="-1">
        <span>
          <i class={state() === "connected" ? "dot" : "dot half"} />
          {props.machine} {state()}
        </span>
        <span>{props.user}</span>
        <span class="end">
          <kbd>Ctrl</kbd>
          <kbd>Shift</kbd>
          <kbd>Esc</kbd> leaves<span class="roomy"> the terminal</span>
        </span>
      </div>
    </div>
  );
}
