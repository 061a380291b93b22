import type { Challenge } from "~/live/types";
import type { TabTarget } from "~/markdown/scene";

/** A tab of the play page (spec 3.3.4). */
export interface PlayTab {
  id: string;
  kind: "terminal" | "web-page" | "http-port" | "ide" | "kexp";
  label: string;
  machine: string;
  /** Of several terminals on one machine: which, from 1. */
  nth: number;
  url: string;
  target: string;
  /** Where it stands when there is room for two halves. */
  pane: string;
}

/** Terminals on one machine, at most. */
const TERMINALS = 4;

/** Why a tab of this kind shows nothing here; what an author lists stays in sight. */
export const NOT_HERE: Partial<
  Record<PlayTab["kind"], { label: string; why: string; instead: string }>
> = {
  ide: {
    label: "Editor",
    why: "This arena has no editor in the browser",
    instead:
      "Edit in a terminal: vim and nano are there. “Files” above a terminal uploads and downloads.",
  },
  kexp: {
    label: "Kubernetes",
    why: "This arena has no explorer of Kubernetes",
    instead: "None of its playgrounds runs a cluster.",
  },
};

/** What the playground lists. */
export function tabsOf(challenge: Pick<Challenge, "tabs">): PlayTab[] {
  return challenge.tabs.flatMap((tab): PlayTab[] => {
    if (tab.kind === "terminal") {
      const { id, machine, pane } = tab;
      const label = tab.name || machine;
      return [{ id, kind: tab.kind, label, machine, nth: 1, url: "", target: "", pane }];
    }
    if (tab.kind === "http-port") {
      const { id, name, machine, target, pane } = tab;
      const label = name || machine;
      return [{ id, kind: tab.kind, label, machine, nth: 1, url: "", target, pane }];
    }
    if (tab.kind === "ide" || tab.kind === "kexp") {
      const { id, kind, name, machine, pane } = tab;
      const label = name || NOT_HERE[kind]!.label;
      return [{ id, kind, label, machine, nth: 1, url: "", target: "", pane }];
    }
    // An address of another kind could run as ours.
    if (tab.kind !== "web-page" || !/^https?:\/\//.test(tab.url)) return [];
    const { id, name, url, target, pane } = tab;
    return [{ id, kind: tab.kind, label: name || url, machine: "", nth: 1, url, target, pane }];
  });
}

/**
 * The tabs of both halves of a split view; all are on the left where there is no room for two, and
 * where none would be left there.
 */
export function halves(tabs: PlayTab[], room: boolean): { left: PlayTab[]; right: PlayTab[] } {
  const right = tabs.filter(({ pane }) => pane === "right");
  if (!room || right.length === 0 || right.length === tabs.length) return { left: tabs, right: [] };
  return { left: tabs.filter(({ pane }) => pane !== "right"), right };
}

/** The tab that a text means: by id, by label, or the first terminal of a machine. */
export function findTab(wanted: TabTarget, tabs: PlayTab[]): PlayTab | undefined {
  const terminals = tabs.filter(({ kind }) => kind === "terminal");
  return (
    (wanted.id && tabs.find((tab) => tab.id === wanted.id)) ||
    (wanted.name && tabs.find((tab) => tab.label === wanted.name)) ||
    (wanted.machine && terminals.find((tab) => tab.machine === wanted.machine)) ||
    terminals.find((tab) => [wanted.id, wanted.name].includes(tab.machine)) ||
    undefined
  );
}

/** One more terminal on a machine, in one of the halves; undefined when there are enough. */
export function additional(machine: string, tabs: PlayTab[], pane = "left"): PlayTab | undefined {
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
    pane,
  };
}
