import type { TaskComponent } from "./components.ts";
import type { InitCondition, Playground, Task } from "./model.ts";
import { readTask } from "./read-task.ts";
import type { Source } from "./source.ts";
import { TaskLayers } from "./task-layers.ts";
import { addImplicitNeeds, checkCycle, checkNeeds } from "./task-needs.ts";
import { bindNeeds, bindVariables } from "./task-references.ts";
import { checkExplains } from "./task-rules.ts";
import { asMap } from "./value.ts";
import { readVariables, shellTask } from "./vars.ts";

function checkConditions(source: Source, graph: TaskLayers, declared: InitCondition[]): void {
  for (const task of graph.tasks.values())
    for (const { key } of task.conditions)
      if (!declared.some((condition) => condition.key === key))
        source.error(
          "AG067",
          graph.place(task.name, "conditions"),
          `condition "${key}" of task ${task.name} is not declared`,
          "declare it under playground: initConditions: values:",
        );
}

/** Reads `initTasks` of a manifest over those of its base: init tasks of every play of it. */
export function readInitTasks(
  source: Source,
  playground: Playground,
  value: unknown,
  inherited: readonly Task[] = [],
): Task[] {
  const graph = new TaskLayers(source);
  const at = ["playground", "initTasks"];
  const machines = playground.machines.map((machine) => machine.name);
  graph.inheritAll(inherited, machines);
  graph.layer(at, machines, [], value);
  checkInit(source, graph);
  checkNeeds(source, graph);
  checkConditions(source, graph, playground.initConditions);
  checkCycle(source, graph);
  return [...graph.tasks.values()];
}

function checkInit(source: Source, graph: TaskLayers): void {
  for (const task of graph.tasks.values())
    if (task.kind !== "init")
      source.error(
        "AG049",
        graph.place(task.name),
        `${task.name} of initTasks is no init task`,
        "add init: true",
      );
}

/**
 * Reads and validates the tasks of content (rules V1–V14 of the spec) over those of its playground.
 * @returns all of them; which a play has, {@link selectTasks} says.
 */
export function readTasks(
  source: Source,
  playground: Playground,
  components: TaskComponent[],
  /** Gets the text of each play variable. */
  texts = new Map<string, string>(),
): Task[] {
  const machines = playground.machines.map((machine) => machine.name);
  const graph = new TaskLayers(source);
  graph.inheritAll(playground.initTasks, machines);
  const own = asMap(asMap(source.data["playground"])["initTasks"]);
  if (Object.keys(own).length) {
    graph.layer(["playground", "initTasks"], machines, [], own);
    checkInit(source, graph);
  }
  graph.layer(["tasks"], machines, components, source.data["tasks"]);
  const variables = readVariables(source, machines[0] ?? "");
  const hidden = new Set<string>();
  for (const { name, shell, machine } of variables.shells) {
    const task = shellTask(name);
    if (graph.tasks.has(task))
      source.error(
        "AG074",
        ["vars", name],
        `variable ${name} and task ${task} have the same name`,
        "rename one of them",
      );
    hidden.add(task);
    const spec = { run: shell, init: true, machine };
    graph.tasks.set(task, {
      ...readTask(source, ["vars", name], task, spec, machines, undefined),
      title: `Variable ${name}`,
    });
  }
  for (const [name, text] of variables.texts) texts.set(name, text);
  bindVariables(source, graph, variables.texts);
  checkNeeds(source, graph);
  addImplicitNeeds(graph.tasks, hidden);
  bindNeeds(source, graph);
  checkConditions(source, graph, playground.initConditions);
  checkCycle(source, graph);
  checkComponents(source, graph, components);
  checkExplains(source, graph.tasks.values());
  return [...graph.tasks.values()];
}

/** Each component shows a task, and each regular task has a component. */
function checkComponents(source: Source, graph: TaskLayers, components: TaskComponent[]): void {
  for (const component of components)
    if (!graph.tasks.has(component.name))
      (component.source ?? source).problem(
        "AG064",
        { line: component.line, column: 1 },
        "error",
        `the component shows unknown task "${component.name}"`,
        `name one of ${[...graph.tasks.keys()].join(", ")}`,
      );
  for (const task of graph.tasks.values())
    if (task.kind === "regular" && !components.some((component) => component.name === task.name)) {
      source.warn(
        "AG065",
        graph.place(task.name),
        `no component of the body shows task ${task.name}`,
        `add ::simple-task with name: ${task.name}`,
      );
      const end = source.lines.at(-1) === "" ? source.lines.length : source.lines.length + 1;
      const words = task.name.replace(/^verify_/, "").replaceAll(/[_-]+/g, " ");
      source.fixable({
        line: end,
        remove: 0,
        insert: [
          "",
          "::simple-task",
          "---",
          ":tasks: tasks",
          `:name: ${task.name}`,
          "---",
          "#active",
          `To do: ${words}.`,
          "",
          "#completed",
          "Done.",
          "::",
        ],
      });
    }
}
