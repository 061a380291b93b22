import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { playable } from "@agon/content/item";
import type { Catalogue, Challenge, ContentItem, Part } from "@agon/content/model";

/** What bots play: a challenge, or a tutorial or lesson with tasks. `name` is what starts a play of it. */
export type Playable = Pick<Challenge, "name" | "tasks" | "playground" | "scripts">;

const SCRIPT = /^\.(solution|wrong)(-\d+)?\.sh$/;

/** Everything of a catalogue that has something to check, in its order: challenges, then the library. */
export function playables(catalogue: Catalogue): Playable[] {
  const others = [...catalogue.items.values()].filter(({ kind }) => kind !== "challenge");
  return [...catalogue.challenges.values(), ...others.flatMap((item) => [...inItem(item)])];
}

function* inItem(item: ContentItem): Generator<Playable> {
  const key = `${item.kind}/${item.name}`;
  if (item.playground && !item.unavailable && isChecked(item))
    yield { name: key, tasks: item.tasks, playground: item.playground, scripts: item.scripts };
  for (const part of partsOf(item.parts)) {
    const made = playable(item, part.path);
    if (made && isChecked(made))
      yield {
        name: `${key}/${part.path}`,
        tasks: made.tasks,
        playground: made.playground,
        scripts: scriptsBeside(join(item.folder, part.file)),
      };
  }
}

const isChecked = ({ tasks }: Pick<Challenge, "tasks">) =>
  tasks.some((task) => task.kind === "regular");

function* partsOf(parts: readonly Part[]): Generator<Part> {
  for (const part of parts) {
    yield part;
    yield* partsOf(part.parts);
  }
}

/** Scripts of a part lie in its folder. */
function scriptsBeside(file: string): Record<string, string> {
  const folder = dirname(file);
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => SCRIPT.test(name))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

/**
 * Those that a name means: by the whole name of a play, by the content's own (a course: all of its lessons),
 * or by its last part.
 */
export function named(all: readonly Playable[], name: string): Playable[] {
  const whole = all.filter((one) => one.name === name);
  if (whole.length) return whole;
  return all.filter((one) => {
    const [kind, content, ...path] = one.name.split("/");
    return (
      content !== undefined &&
      (content === name || path.at(-1) === name || `${kind}/${content}` === name)
    );
  });
}
