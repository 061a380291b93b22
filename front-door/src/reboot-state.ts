/** What hostd tells in reboots.json, below its folder: of each running machine that came back at least once. */
export interface Reboots {
  play: string;
  machine: string;
  reboots: number;
  /** The last one. */
  rebootMs: number;
  /** Of its template, or its own first start; 0 = not known. */
  coldBootMs: number;
}

/** Lines at most; all of them are in --json. */
const MOST = 10;

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** For ./agon status: how long machines took to come back, beside their cold boot; the slowest first. */
export function rebootWords(all: Reboots[]): string {
  const ratio = ({ rebootMs, coldBootMs }: Reboots) => (coldBootMs ? rebootMs / coldBootMs : 0);
  const lines = all
    .toSorted((a, b) => ratio(b) - ratio(a))
    .slice(0, MOST)
    .map((one) => {
      const { play, machine, reboots, rebootMs, coldBootMs } = one;
      const times = `${reboots} reboot${reboots === 1 ? "" : "s"}`;
      const beside = coldBootMs
        ? `, ${ratio(one).toFixed(1)} times its cold boot of ${seconds(coldBootMs)}`
        : "";
      return `  ${machine} of play ${play}: ${times}, the last took ${seconds(rebootMs)}${beside}`;
    });
  const more = all.length > MOST ? [`  and ${all.length - MOST} more: ./agon status --json`] : [];
  return ["Running machines that were rebooted:", ...lines, ...more].join("\n");
}
