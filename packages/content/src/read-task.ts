import type { TaskComponent } from "./components.ts";
import type { Task, TaskKind } from "./model.ts";
import { nearest } from "./nearest.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** A place in a YAML text: keys and positions. */
export type At = (string | number)[];

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

/** How scripts written for the origin fetch assets (spec 1.4). */
const ORIGIN_FILE = /https?:\/\/labs\.iximiuz\.com\/__static__\//;

/** Tasks of one graph; a body of real content has ten. */
export const MAX_TASKS = 500;

const flag = (spec: Record<string, unknown>, key: string) =>
  spec[key] === true || spec[key] === "true";

/** Reads one task; what is wrong with itself alone is told here. */
export function readTask(
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
    if (!KEYS.has(key)) {
      const meant = nearest(key, KEYS);
      source.warnAtKey(
        "AG051",
        [...at, key],
        `${key} of task ${name} is not known`,
        meant ? `perhaps ${meant} is meant` : "remove it, or check its spelling",
      );
      if (meant && spec[meant] === undefined) source.fixableWord(key, meant);
    }
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
