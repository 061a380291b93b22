import type { TaskComponent } from "./components.ts";
import type { InitCondition, Playground, Task, TaskKind } from "./model.ts";
import type { Source } from "./source.ts";
import { checkExplains } from "./task-rules.ts";
import { asList, asMap, asText } from "./value.ts";
import { ATTRIBUTES, REFERENCE, readVariables, shellTask } from "./vars.ts";

type At = (string | number)[];
/** Fields of spec 4.2, and what dumps add to them. */
const KEYS = new Set([
  "run",
  "init",
  "helper",
  "machine",
  "user",
  "needs",
  "env",
  "timeout_seconds",
  "timeoutSeconds",
  "failcheck",
  "hintcheck",
  "conditions",
  "destination",
  "name",
  "status",
]);

/** A path through needs that comes back to its start, or undefined. */
export function findCycle(tasks: Map<string, { needs: string[] }>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | undefined => {
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    if (done.has(name)) return undefined;
    path.push(name);
    for (const need of tasks.get(name)?.needs ?? []) {
      const found = visit(need);
      if (found) return found;
    }
    path.pop();
    done.add(name);
    return undefined;
  };
  for (const name of tasks.keys()) {
    const found = visit(name);
    if (found) return found;
  }
  return undefined;
}

/** How scripts written for the origin fetch assets (spec 1.4). */
const ORIGIN_FILE = /https?:\/\/labs\.iximiuz\.com\/__static__\//;

/** Tasks of one graph; a body of real content has ten. */
const MAX_TASKS = 500;

const flag = (spec: Record<string, unknown>, key: string) =>
  spec[key] === true || spec[key] === "true";

/** Reads one task; what is wrong with itself alone is told here. */
function readTask(
  source: Source,
  at: At,
  name: string,
  spec: Record<string, unknown>,
  machines: string[],
  component: TaskComponent | undefined,
  everywhere = false,
): Task {
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name))
    source.error(
      "AG050",
      at,
      `task name "${name}" is not usable`,
      "use letters, digits, _ and -, a letter or _ first",
    );
  for (const key of Object.keys(spec))
    if (!KEYS.has(key))
      source.warn(
        "AG051",
        [...at, key],
        `${key} of task ${name} is not known`,
        "remove it, or check its spelling",
      );
  if (flag(spec, "init") && flag(spec, "helper"))
    source.error(
      "AG052",
      [...at, "helper"],
      `task ${name} is both init and helper`,
      "keep one of the two",
    );
  const kind: TaskKind = flag(spec, "init") ? "init" : flag(spec, "helper") ? "helper" : "regular";
  if (!asText(spec["run"]).trim())
    source.error(
      "AG053",
      [...at, "run"],
      `task ${name} has no run script`,
      "add run: with the commands that check or prepare",
    );
  const machine =
    asText(spec["machine"]) || (machines.length === 1 || everywhere ? machines[0]! : "");
  if (!machine)
    source.error(
      "AG054",
      at,
      `task ${name} does not say its machine, and the play has ${machines.length}`,
      `add machine: one of ${machines.join(", ")}`,
    );
  else if (!machines.includes(machine))
    source.error(
      "AG055",
      [...at, "machine"],
      `task ${name} runs on unknown machine "${machine}"`,
      `use one of ${machines.join(", ")}`,
    );
  const timeout = spec["timeout_seconds"] ?? spec["timeoutSeconds"] ?? 60;
  if (typeof timeout !== "number" || !(timeout > 0))
    source.error(
      "AG056",
      [...at, "timeout_seconds"],
      `timeout_seconds of ${name} is not a number above 0`,
      "write seconds, for example 60",
    );
  if (spec["user"] !== undefined && spec["user"] !== null && typeof spec["user"] !== "string")
    source.error(
      "AG057",
      [...at, "user"],
      `user of ${name} is no name`,
      "write user: laborant or root",
    );
  const env = asList(spec["env"]).map(asText);
  for (const [index, entry] of env.entries())
    if (!/^[A-Za-z_]\w*=/.test(entry))
      source.error(
        "AG058",
        [...at, "env", index],
        `env entry of ${name} is not NAME=value`,
        "write NAME=value",
      );
  for (const field of ["run", "failcheck", "hintcheck"])
    if (ORIGIN_FILE.test(asText(spec[field])))
      source.warn(
        "AG038",
        [...at, field],
        `${field} of ${name} fetches a public file of the origin, which machines here cannot reach`,
        "give the file as a startup file: source: __static__/NAME",
      );
  const needs = [...new Set(asList(spec["needs"]).map(asText))];
  if (needs.length > MAX_TASKS)
    source.error(
      "AG069",
      [...at, "needs"],
      `task ${name} has ${needs.length} needs`,
      `use at most ${MAX_TASKS}; only these are looked at`,
    );
  return {
    name,
    kind,
    machine,
    user: asText(spec["user"]),
    needs: needs.slice(0, MAX_TASKS),
    env,
    run: asText(spec["run"]),
    failcheck: asText(spec["failcheck"]),
    hintcheck: asText(spec["hintcheck"]),
    timeoutSeconds: typeof timeout === "number" && timeout > 0 ? Math.ceil(timeout) : 60,
    destination: component?.destination || asText(spec["destination"]),
    shareOutputs: false,
    title: component?.title || name,
    input: component?.input ?? false,
    validateRegex: component?.validateRegex ?? "",
    vars: {},
    everywhere,
    conditions: asList(spec["conditions"]).map((one) => ({
      key: asText(asMap(one)["key"]),
      value: asText(asMap(one)["value"]),
    })),
  };
}

/** Tasks of one graph, and where each is written. */
class Graph {
  readonly tasks = new Map<string, Task>();
  readonly #source: Source;
  readonly #places = new Map<string, { at: At; spec: Record<string, unknown> }>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Adds tasks that are written elsewhere: problems are told at the playground's name. */
  inheritAll(tasks: readonly Task[], machines: string[]): void {
    for (const task of tasks) {
      if (!machines.includes(task.machine)) {
        this.#source.warn(
          "AG048",
          ["playground"],
          `init task ${task.name} of the playground is left out: there is no machine ${task.machine} here`,
          "nothing to do, unless a task needs it",
        );
        continue;
      }
      this.tasks.set(task.name, { ...task, needs: [...task.needs] });
      this.#places.set(task.name, { at: ["playground"], spec: {} });
    }
  }

  /** Adds a map of tasks; a later layer replaces an earlier one by name (spec 3.2). */
  layer(at: At, machines: string[], components: TaskComponent[], given: unknown): void {
    const all = Object.entries(asMap(given));
    if (all.length > MAX_TASKS)
      this.#source.error(
        "AG069",
        [...at, all[MAX_TASKS]![0]],
        `there are ${all.length} tasks`,
        `use at most ${MAX_TASKS}; only these are looked at`,
      );
    const value = Object.fromEntries(all.slice(0, MAX_TASKS));
    const specs = Object.values(value).map(asMap);
    // Legacy: where no task at all names a machine, each runs on every one (V8).
    const everywhere =
      machines.length > 1 &&
      specs.length > 0 &&
      this.tasks.size === 0 &&
      specs.every((spec) => !asText(spec["machine"]));
    if (everywhere)
      this.#source.warn(
        "AG068",
        at,
        `no task names a machine, so each runs on all ${machines.length}`,
        `add machine: to each task: one of ${machines.join(", ")}`,
      );
    for (const [name, one] of Object.entries(value)) {
      const spec = asMap(one);
      const component = components.find((candidate) => candidate.name === name);
      this.#places.set(name, { at: [...at, name], spec });
      this.tasks.set(
        name,
        readTask(this.#source, [...at, name], name, spec, machines, component, everywhere),
      );
    }
  }

  /** Where a task, a field or an entry of its list is written. */
  place(task: string, field?: string, entry?: string): At {
    const { at, spec } = this.#places.get(task) ?? { at: ["vars"], spec: {} };
    if (!field || spec[field] === undefined) return at;
    const list = spec[field];
    const index = Array.isArray(list) ? list.indexOf(entry) : -1;
    return index >= 0 ? [...at, field, index] : [...at, field];
  }
}

/** V2, V4, V5: what a task may need. */
function checkNeeds(source: Source, graph: Graph): void {
  for (const task of graph.tasks.values())
    for (const need of task.needs) {
      const at = graph.place(task.name, "needs", need);
      const needed = graph.tasks.get(need);
      if (!needed)
        source.error(
          "AG059",
          at,
          `task ${task.name} needs unknown task "${need}"`,
          `name one of ${[...graph.tasks.keys()].join(", ")}`,
        );
      else if (needed.kind === "helper")
        source.error(
          "AG060",
          at,
          `task ${task.name} needs helper ${need}, which never completes`,
          "remove the need",
        );
      else if (task.kind === "init" && needed.kind !== "init")
        source.error(
          "AG060",
          at,
          `init task ${task.name} needs ${need}, which is no init task, so it could never start`,
          "remove the need or make it an init task",
        );
      else if (task.kind === "init" && needed.machine !== task.machine)
        source.warn(
          "AG061",
          at,
          `init task ${task.name} needs an init task of another machine`,
          "works here; other platforms may refuse it",
        );
    }
}

const textsOf = (task: Task): [string, string][] => [
  ...task.env.map((entry): [string, string] => ["env", entry]),
  ["run", task.run],
  ["failcheck", task.failcheck],
  ["hintcheck", task.hintcheck],
];

/** V10 for variables: a task that names one needs what its text names. */
function bindVariables(source: Source, graph: Graph, texts: Map<string, string>): void {
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
function bindNeeds(source: Source, graph: Graph): void {
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

/** A regular task needs every init task of its own machine, but not those of variables (spec 4.3). */
function addImplicitNeeds(tasks: Map<string, Task>, hidden: Set<string>): void {
  for (const task of tasks.values()) {
    if (task.kind !== "regular") continue;
    for (const other of tasks.values())
      if (
        other.kind === "init" &&
        other.machine === task.machine &&
        !hidden.has(other.name) &&
        !task.needs.includes(other.name)
      )
        task.needs.push(other.name);
  }
}

function checkConditions(source: Source, graph: Graph, declared: InitCondition[]): void {
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

function checkCycle(source: Source, graph: Graph): void {
  const cycle = findCycle(graph.tasks);
  if (cycle)
    source.error(
      "AG062",
      graph.place(cycle[0]!, "needs"),
      `the needs go in a circle: ${cycle.join(" → ")}`,
      "remove one of these needs",
    );
}

/** Reads `initTasks` of a manifest over those of its base: init tasks of every play of it. */
export function readInitTasks(
  source: Source,
  playground: Playground,
  value: unknown,
  inherited: readonly Task[] = [],
): Task[] {
  const graph = new Graph(source);
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

function checkInit(source: Source, graph: Graph): void {
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
  const graph = new Graph(source);
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
  checkExplains(source, graph.tasks.values());
  return [...graph.tasks.values()];
}
