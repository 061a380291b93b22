import type { TaskComponent } from "./components.ts";
import type { Machine, Task, TaskKind } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

const REFERENCE = /(?<![A-Za-z0-9_])x\(\.(needs|vars|tasks)\.([A-Za-z0-9_-]+)(?:\.([a-z_]+))?\)/g;
const ATTRIBUTES = new Set(["stdout", "stderr", "exit_code", "input", "status"]);

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

/** Reads and validates a `tasks` map (rules V1–V14 of the spec); problems go to the source. */
export function readTasks(
  source: Source,
  machines: Machine[],
  components: TaskComponent[],
): Task[] {
  const raw = asMap(source.data["tasks"]);
  const names = new Set(machines.map((machine) => machine.name));
  const only = machines.length === 1 ? machines[0]!.name : undefined;
  const tasks = new Map<string, Task>();
  for (const [name, value] of Object.entries(raw)) {
    const at = ["tasks", name];
    const spec = asMap(value);
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name))
      source.error(
        at,
        `task name "${name}" is not usable`,
        "use letters, digits, _ and -, a letter or _ first",
      );
    const flag = (key: string) => spec[key] === true || spec[key] === "true";
    if (flag("init") && flag("helper"))
      source.error(
        [...at, "helper"],
        `task ${name} is both init and helper`,
        "keep one of the two",
      );
    const kind: TaskKind = flag("init") ? "init" : flag("helper") ? "helper" : "regular";
    if (!asText(spec["run"]).trim())
      source.error(
        [...at, "run"],
        `task ${name} has no run script`,
        "add run: with the commands that check or prepare",
      );
    const machine = asText(spec["machine"]) || only || "";
    if (!machine)
      source.error(
        at,
        `task ${name} does not say its machine, and the play has ${machines.length}`,
        `add machine: one of ${[...names].join(", ")}`,
      );
    else if (!names.has(machine))
      source.error(
        [...at, "machine"],
        `task ${name} runs on unknown machine "${machine}"`,
        `use one of ${[...names].join(", ")}`,
      );
    const timeout = spec["timeout_seconds"] ?? spec["timeoutSeconds"] ?? 60;
    if (typeof timeout !== "number" || !(timeout > 0))
      source.error(
        [...at, "timeout_seconds"],
        `timeout_seconds of ${name} is not a number above 0`,
        "write seconds, for example 60",
      );
    if (spec["conditions"] !== undefined)
      source.error(
        [...at, "conditions"],
        `conditions of task ${name} are not supported here yet`,
        "remove conditions:, or make two challenges",
      );
    if (spec["user"] !== undefined && spec["user"] !== null && typeof spec["user"] !== "string")
      source.error([...at, "user"], `user of ${name} is no name`, "write user: laborant or root");
    const component = components.find((one) => one.name === name);
    const env = asList(spec["env"]).map(asText);
    for (const [index, entry] of env.entries())
      if (!/^[A-Za-z_]\w*=/.test(entry))
        source.error(
          [...at, "env", index],
          `env entry of ${name} is not NAME=value`,
          "write NAME=value",
        );
    tasks.set(name, {
      name,
      kind,
      machine,
      user: asText(spec["user"]),
      needs: asList(spec["needs"]).map(asText),
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
    });
  }
  for (const task of tasks.values()) {
    for (const [index, need] of task.needs.entries()) {
      const at = Array.isArray(asMap(raw[task.name])["needs"])
        ? ["tasks", task.name, "needs", index]
        : ["tasks", task.name, "needs"];
      const needed = tasks.get(need);
      if (!needed)
        source.error(
          at,
          `task ${task.name} needs unknown task "${need}"`,
          `name one of ${[...tasks.keys()].join(", ")}`,
        );
      else if (needed.kind === "helper")
        source.error(
          at,
          `task ${task.name} needs helper ${need}, which never completes`,
          "remove the need",
        );
      else if (task.kind === "init" && needed.kind !== "init")
        source.error(
          at,
          `init task ${task.name} needs ${need}, which is no init task, so it could never start`,
          "remove the need or make it an init task",
        );
      else if (task.kind === "init" && needed.machine !== task.machine)
        source.warn(
          at,
          `init task ${task.name} needs an init task of another machine`,
          "works here; other platforms may refuse it",
        );
    }
  }
  // A regular task needs every init task of its own machine (spec 4.3).
  for (const task of tasks.values()) {
    if (task.kind !== "regular") continue;
    for (const other of tasks.values())
      if (
        other.kind === "init" &&
        other.machine === task.machine &&
        !task.needs.includes(other.name)
      )
        task.needs.push(other.name);
  }
  for (const task of tasks.values()) {
    const texts: [(string | number)[], string][] = [
      ...task.env.map((entry, index): [(string | number)[], string] => [
        Array.isArray(asMap(raw[task.name])["env"]) ? ["env", index] : ["env"],
        entry,
      ]),
      [["run"], task.run],
      [["failcheck"], task.failcheck],
      [["hintcheck"], task.hintcheck],
    ];
    for (const [field, text] of texts) {
      for (const [whole, kind, name, attribute] of text.matchAll(REFERENCE)) {
        const at = ["tasks", task.name, ...field];
        if (kind !== "needs")
          source.error(
            at,
            `${whole} in task ${task.name}: play variables are not supported here yet`,
            "use x(.needs.TASK.stdout) of an init task",
          );
        else if (!task.needs.includes(name!))
          source.error(
            at,
            `${whole} in task ${task.name}, which does not need ${name}`,
            `add ${name} to needs`,
          );
        else if (!attribute || !ATTRIBUTES.has(attribute))
          source.error(
            at,
            `${whole} in task ${task.name} names an unknown attribute`,
            `use one of ${[...ATTRIBUTES].join(", ")}`,
          );
        else if (tasks.get(name!) && tasks.get(name!)!.machine !== task.machine)
          tasks.get(name!)!.shareOutputs = true;
      }
    }
  }
  const cycle = findCycle(tasks);
  if (cycle)
    source.error(
      ["tasks", cycle[0]!, "needs"],
      `the needs go in a circle: ${cycle.join(" → ")}`,
      "remove one of these needs",
    );
  for (const component of components) {
    if (!tasks.has(component.name))
      source.problem(
        { line: component.line, column: 1 },
        "error",
        `the component shows unknown task "${component.name}"`,
        `name one of ${[...tasks.keys()].join(", ")}`,
      );
  }
  for (const task of tasks.values()) {
    if (task.kind === "regular" && !components.some((component) => component.name === task.name))
      source.warn(
        ["tasks", task.name],
        `no component of the body shows task ${task.name}`,
        `add ::simple-task with name: ${task.name}`,
      );
  }
  return [...tasks.values()];
}
