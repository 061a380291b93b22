import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A tutorial that was made up; what a bench searches for is known from it. */
export interface MadeUp {
  name: string;
  title: string;
  description: string;
  categories: string[];
  tags: string[];
  text: string;
}

const CATEGORIES = ["linux", "networking", "containers", "kubernetes", "programming", "security"];
const TOPICS =
  "permissions processes sockets namespaces cgroups bridges routes firewalls certificates resolvers caches queues replicas journals snapshots partitions volumes registries pods ingresses probes pipelines signals threads locks indexes migrations backups restores tunnels proxies balancers".split(
    " ",
  );
const VERBS = "repair trace limit split measure rebuild rotate watch drain fence tune prove".split(
  " ",
);
/** Words of a text, and of a vocabulary that many texts share. */
const WORDS = 250;
const VOCABULARY = 8_000;

/** Numbers that look drawn and are the same in every run (mulberry32). */
export function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES = "ba ce di fo gu ha ki lo mu ne pa qui ro su te vi wo xa ye zo".split(" ");

/** A made-up word: the same number, the same word. */
function word(number: number): string {
  let out = "";
  for (let left = number + 400; left > 0; left = Math.floor(left / SYLLABLES.length))
    out += SYLLABLES[left % SYLLABLES.length];
  return out;
}

/** As many tutorials as wanted; frequent words are as frequent as in a language (Zipf). */
export function madeUp(count: number): MadeUp[] {
  const draw = draws(20_261_128);
  const one = <T>(of: readonly T[]): T => of[Math.floor(draw() * of.length)]!;
  const rank = () => Math.floor(VOCABULARY ** draw()) - 1;
  return Array.from({ length: count }, (_, at) => {
    const topics = [one(TOPICS), one(TOPICS)];
    const verb = one(VERBS);
    return {
      name: `made-up-${at + 1}`,
      title: `${verb.charAt(0).toUpperCase()}${verb.slice(1)} ${topics[0]} number ${at + 1}`,
      description: `How to ${verb} ${topics[0]} that share their ${topics[1]}.`,
      categories: [one(CATEGORIES)],
      tags: [...new Set([...topics, word(at % 300)])],
      text: Array.from({ length: WORDS }, () => word(rank())).join(" "),
    };
  });
}

/** Writes them where an arena looks for tutorials. */
export function publish(folder: string, items: readonly MadeUp[]): void {
  for (const item of items) {
    const at = join(folder, "tutorials", item.name);
    mkdirSync(at, { recursive: true });
    writeFileSync(
      join(at, "index.md"),
      `---\nkind: tutorial\ntitle: ${item.title}\ndescription: ${item.description}\ncategories: [${item.categories.join(", ")}]\ntagz: [${item.tags.join(", ")}]\ncreatedAt: 2026-11-01\n---\n\n${item.text}\n`,
    );
  }
}
