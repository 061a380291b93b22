import type { Source } from "./source.ts";
import { asMap, asText } from "./value.ts";

/** `x(.kind.name)` or `x(.kind.name.attribute)` in a script, an env value or a variable. */
export const REFERENCE =
  /(?<![A-Za-z0-9_$])x\(\.(needs|vars|tasks)\.([A-Za-z0-9_-]+)(?:\.([a-z_]+))?\)/g;
export const ATTRIBUTES = new Set(["stdout", "stderr", "exit_code", "input", "status"]);

/** The hidden init task whose output is the value of a `{shell: …}` variable. */
export const shellTask = (variable: string): string => `var_${variable}`;

/** A `{shell, machine}` variable. */
export interface ShellVariable {
  name: string;
  shell: string;
  machine: string;
}

/** Play variables (spec 2.3): texts with only `x(.needs.T.a)` left in them, and scripts. */
export interface Variables {
  texts: Map<string, string>;
  shells: ShellVariable[];
}

/** Reads `vars`; each reference to another variable is put in place, so circles are found here. */
export function readVariables(source: Source, firstMachine: string): Variables {
  const raw = asMap(source.data["vars"]);
  const shells: ShellVariable[] = [];
  const texts = new Map<string, string>();
  const open: string[] = [];
  const resolve = (name: string): string => {
    const done = texts.get(name);
    if (done !== undefined) return done;
    const at = ["vars", name];
    const value = raw[name];
    if (open.includes(name)) {
      source.error(
        "AG074",
        at,
        `the variables go in a circle: ${[...open.slice(open.indexOf(name)), name].join(" → ")}`,
        "remove one of these references",
      );
      return "";
    }
    if (typeof value === "object" && value !== null) {
      const { shell, machine } = asMap(value);
      if (!asText(shell).trim())
        source.error(
          "AG074",
          at,
          `variable ${name} has no shell script`,
          "write shell: with the commands",
        );
      shells.push({ name, shell: asText(shell), machine: asText(machine) || firstMachine });
      const text = `x(.needs.${shellTask(name)}.stdout)`;
      texts.set(name, text);
      return text;
    }
    open.push(name);
    const text = asText(value).replaceAll(
      REFERENCE,
      (whole: string, kind: string, other: string, attribute?: string) => {
        if (kind === "vars" && Object.hasOwn(raw, other)) return resolve(other);
        if (kind === "tasks" && attribute && ATTRIBUTES.has(attribute))
          return `x(.needs.${other}.${attribute})`;
        source.error(
          "AG074",
          at,
          kind === "vars"
            ? `${whole} in variable ${name}: there is no variable ${other}`
            : `${whole} in variable ${name} is no reference to a task`,
          `write x(.vars.NAME) or x(.tasks.TASK.${[...ATTRIBUTES].join("|")})`,
        );
        return "";
      },
    );
    open.pop();
    texts.set(name, text);
    return text;
  };
  for (const name of Object.keys(raw)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      source.error(
        "AG074",
        ["vars", name],
        `variable name "${name}" is not usable`,
        "use letters, digits, _",
      );
    resolve(name);
  }
  return { texts, shells };
}
