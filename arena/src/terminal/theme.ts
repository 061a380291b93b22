import type { ITheme } from "@xterm/xterm";

const names = [
  "black",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  "white",
  "brightBlack",
  "brightRed",
  "brightGreen",
  "brightYellow",
  "brightBlue",
  "brightMagenta",
  "brightCyan",
  "brightWhite",
] as const;
const dark =
  "2b2e32 ef736e 6ecc8a e5bf6d 6aa9ed cd90e0 68ccd7 c9cbce 83868c ff958e 88e6a3 f2d98c 8ec2fd e2adf3 8ee5ef f6f7f8".split(
    " ",
  );
const light =
  "24272b bc2729 1a763f 8a5f18 1161bb 8a3aa0 0e7381 616368 686c72 a4151c 07602f 724d0b 0047a2 722887 005a68 13161b".split(
    " ",
  );

/** Colours of the terminal for the page's theme. */
export function terminalTheme(): ITheme {
  const bright = document.documentElement.dataset["theme"] === "light";
  const colours = bright ? light : dark;
  const ground = bright ? "#ffffff" : "#0c0d0f";
  return {
    background: ground,
    foreground: bright ? "#1b1d21" : "#ecedef",
    cursor: bright ? "#1f5fd0" : "#6aa9ed",
    cursorAccent: ground,
    selectionBackground: bright ? "#cfe0fb" : "#2b4a73",
    ...Object.fromEntries(names.map((name, index) => [name, `#${colours[index]}`])),
  };
}
