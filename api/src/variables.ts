import { components, parseMdc, texts } from "@agon/content/mdc";
import { takeInlines } from "@agon/content/mdc-inline";
import type { Challenge } from "@agon/content/model";
import type { Outputs, TaskChanged } from "@agon/protocol/machine";

/** What a text may show of a task's outputs, kept in the view of its play. */
export type Published = Record<"stdout" | "stderr" | "exit_code" | "input", string>;

/** Characters of one output that are kept: a variable stands in a sentence. */
const MOST = 4_096;
const NEEDS = /x\(\.needs\.([A-Za-z0-9_-]+)\.([a-z_]+)\)/g;

/** Outputs as the log keeps them. */
export function cutOutputs({ stdout, stderr, exitCode, input }: Outputs): Outputs {
  return {
    stdout: stdout.slice(0, MOST),
    stderr: stderr.slice(0, MOST),
    exitCode,
    input: input.slice(0, MOST),
  };
}

export function publishedOf({ outputs }: TaskChanged): Published | undefined {
  if (!outputs) return undefined;
  const { stdout, stderr, exitCode, input } = cutOutputs(outputs);
  return { stdout, stderr, exit_code: String(exitCode), input };
}

type Variables = Pick<Challenge, "body" | "variables">;
const known = new WeakMap<Variables, Record<string, string>>();

/** The variables that a text shows, with their texts. All others stay in the machines. */
export function shownVariables(challenge: Variables): Record<string, string> {
  const cached = known.get(challenge);
  if (cached) return cached;
  const named = new Set<string>();
  const { nodes } = parseMdc(challenge.body);
  for (const { text } of texts(nodes))
    for (const inline of takeInlines(text).inlines)
      if (inline.kind === "binding") named.add(inline.name);
      else if (inline.name === "code-var") named.add(String(inline.props["name"]));
  for (const { name, props } of components(nodes))
    if (name === "conditional") named.add(String(props["var"]));
  const shown = Object.fromEntries(
    Object.entries(challenge.variables ?? {}).filter(([name]) => named.has(name)),
  );
  known.set(challenge, shown);
  return shown;
}

/** Tasks whose outputs a shown variable names: only theirs leave the host. */
export function publishingTasks(challenge: Variables): Set<string> {
  return new Set(
    Object.values(shownVariables(challenge)).flatMap((text) =>
      [...text.matchAll(NEEDS)].map((match) => match[1]!),
    ),
  );
}

/** Values of the shown variables, of those whose every output is there. */
export function resolvedVariables(
  challenge: Variables,
  published: Record<string, Published>,
): { name: string; value: string }[] {
  return Object.entries(shownVariables(challenge)).flatMap(([name, text]) => {
    let whole = true;
    const value = text.replaceAll(NEEDS, (_, task: string, attribute: string) => {
      const outputs = Object.hasOwn(published, task) ? published[task] : undefined;
      if (attribute === "status") return outputs ? "completed" : ((whole = false), "");
      const output =
        outputs && Object.hasOwn(outputs, attribute)
          ? outputs[attribute as keyof Published]
          : undefined;
      if (output === undefined) whole = false;
      return output ?? "";
    });
    return whole ? [{ name, value }] : [];
  });
}
