import type { Challenge } from "~/live/types";
import type { TabTarget } from "~/markdown/scene";

/** A tab of the play page (spec 3.3.4). */
export interface PlayTab {
  id: string;
  kind: "terminal" | "web-page";
  label: string;
  machine: string;
  /** Of several terminals on one machine: which, from 1. */
  nth: number;
  url: string;
  target: string;
}

/** Terminals on one machine, at most. */
const TERMINALS = 4;

/** What the playground lists, as far as this page can show it: terminals and web pages. */
export function tabsOf(challenge: Pick<Challenge, "tabs">): PlayTab[] {
  return challenge.tabs.flatMap((tab): PlayTab[] => {
    if (tab.kind === "terminal") {
      const { id, machine } = tab;
      return [
        { id, kind: tab.kind, label: tab.name || machine, machine, nth: 1, url: "", target: "" },
      ];
    }
    // An address of another kind could run as ours.
    if (tab.kind !== "web-page" || !/^https?:\/\//.test(tab.url)) return [];
    const { id, name, url, target } = tab;
    return [{ id, kind: tab.kind, label: name || url, machine: "", nth: 1, url, target }];
  });
}

/** The tab that a text means: by id, by label, or the first terminal of a machine. */
export function findTab(wanted: TabTarget, tabs: PlayTab[]): PlayTab | undefined {
  return (
    (wanted.id && tabs.find((tab) => tab.id === wanted.id)) ||
    (wanted.name && tabs.find((tab) => tab.label === wanted.name)) ||
    (wanted.machine && tabs.find((tab) => tab.machine === wanted.machine)) ||
    tabs.find((tab) => [wanted.id, wanted.name].includes(tab.machine)) ||
    undefined
  );
}

/** One more terminal on a machine; undefined when there are enough. */
export function additional(machine: string, tabs: PlayTab[]): PlayTab | undefined {
  const nth = tabs.filter((tab) => tab.machine === machine && tab.kind === "terminal").length + 1;
  if (nth > TERMINALS) return undefined;
  return {
    id: `terminal-${machine}-${nth}`,
    kind: "terminal",
    label: `${machine} ${nth}`,
    machine,
    nth,
    url: "",
    target: "",
  };
}
