import type { Task } from "./model.ts";
import type { Source } from "./source.ts";
import type { TaskLayers } from "./task-layers.ts";
import { ATTRIBUTES, REFERENCE } from "./vars.ts";

/** Texts of a task that may name variables and outputs, with their fields. */
const textsOf = (task: Task): [string, string][] => [
  ...task.env.map((entry): [string, string] => ["env", entry]),
  ["run", task.run],
  ["failcheck", task.failcheck],
  ["hintcheck", task.hintcheck],
];

/** V10 for variables: a task that names one needs what its text names. */
export function bindVariables(source: Source, graph: TaskLayers, texts: Map<string, string>): void {
  for (const task of graph.tasks.values())
    for (const [field, text] of textsOf(task))
      for (const [whole, kind, name] of text.matchAll(REFERENCE)) {
        if (kind !== "vars") continue;
        const value = texts.get(name!);
        if (value === undefined) {
          source.error(
            "AG074",
            graph.place(task.name, field, text),
            `${whole} in task ${task.name}: there is no variable ${name}`,
            texts.size ? `name one of ${[...texts.keys()].join(", ")}` : "declare it under vars:",
          );
          continue;
        }
        task.vars[name!] = value;
        for (const [, , need] of value.matchAll(REFERENCE))
          if (!task.needs.includes(need!)) task.needs.push(need!);
      }
}

/** V10 for needs; outputs that another machine's templates name may travel there. */
export function bindNeeds(source: Source, graph: TaskLayers): void {
  for (const task of graph.tasks.values()) {
    const texts = [
      ...textsOf(task),
      ...Object.values(task.vars).map((text): [string, string] => ["vars", text]),
    ];
    for (const [field, text] of texts)
      for (const [whole, kind, name, attribute] of text.matchAll(REFERENCE)) {
        const at = graph.place(task.name, field, text);
        if (kind === "vars") continue;
        if (kind === "tasks")
          source.error(
            "AG063",
            at,
            `${whole} in task ${task.name}: x(.tasks.…) is for vars only`,
            `write x(.needs.${name}.${attribute ?? "stdout"}), and needs: [${name}]`,
          );
        else if (!task.needs.includes(name!))
          source.error(
            "AG063",
            at,
            `${whole} in task ${task.name}, which does not need ${name}`,
            `add ${name} to needs`,
          );
        else if (!attribute || !ATTRIBUTES.has(attribute))
          source.error(
            "AG063",
            at,
            `${whole} in task ${task.name} names an unknown attribute`,
            `use one of ${[...ATTRIBUTES].join(", ")}`,
          );
        else if (graph.tasks.get(name!) && graph.tasks.get(name!)!.machine !== task.machine)
          graph.tasks.get(name!)!.shareOutputs = true;
      }
  }
}
