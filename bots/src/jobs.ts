import { backendOf } from "@agon/content/backend";
import type { Playable } from "./playables.ts";
import type { BotResult } from "./report.ts";

/** One run of a bot. */
export interface Job {
  challenge: Playable;
  /** Empty = what content and host choose. */
  backend: string;
  variant: BotResult["variant"];
  solution: string | null;
  text: string;
}

/** What bots do with something on a backend; nothing where it needs another one. */
export function jobsOf(challenge: Playable, backend: string): Job[] {
  const needed = challenge.playground.machines.map(backendOf);
  if (backend === "container" && needed.includes("microvm")) return [];
  const scripts = Object.entries(challenge.scripts).sort(([a], [b]) => a.localeCompare(b));
  const base = { challenge, backend };
  return [
    { ...base, variant: "nothing", solution: null, text: "" },
    ...scripts
      .filter(([name]) => name.startsWith(".wrong"))
      .map(([name, text]): Job => ({ ...base, variant: "wrong", solution: name, text })),
    ...scripts
      .filter(([name]) => name.startsWith(".solution"))
      .map(([name, text]): Job => ({ ...base, variant: "solution", solution: name, text })),
  ];
}

/** Whether its machines are surely virtual ones. */
export function isVirtual({ backend, challenge }: Job): boolean {
  return (
    backend === "microvm" ||
    challenge.playground.machines.some((machine) => backendOf(machine) === "microvm")
  );
}
