import { readConditions } from "./init-conditions.ts";
import { image, ownFiles, readMachine } from "./machines.ts";
import type { Machine, Playground } from "./model.ts";
import type { Source } from "./source.ts";
import { checkStartupSize, readStartupFiles } from "./startup-files.ts";
import { readPortForwards, readRegistryAuth, readTabs } from "./tabs.ts";
import { asList, asText, asMap } from "./value.ts";

/** Machines of one play. */
export const MAX_MACHINES = 5;

/** `checkpoints` of a playground or a block; a given value replaces the base's. */
export function readCheckpoints(
  source: Source,
  value: unknown,
  base?: boolean,
): Pick<Playground, "checkpoints"> {
  if (value !== undefined && typeof value !== "boolean")
    source.error(
      "AG029",
      ["playground", "checkpoints"],
      "checkpoints is neither true nor false",
      "write checkpoints: true",
    );
  const checkpoints = typeof value === "boolean" ? value : base;
  return checkpoints === undefined ? {} : { checkpoints };
}

/** Machine names are host names, each of its own. */
export function checkNames(source: Source, machines: Machine[]): void {
  for (const [index, { name }] of machines.entries()) {
    const at = ["playground", "machines", index];
    if (!/^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
      source.error(
        "AG034",
        at,
        `machine name "${name}" is no host name`,
        "use lowercase letters, digits and -",
      );
    else if (machines.findIndex((one) => one.name === name) < index)
      source.error("AG034", at, `two machines are called ${name}`, "give one another name");
  }
}

/** Tabs, forwards and the registry's login of a block or manifest, over those of its base. */
export function readViews(
  source: Source,
  spec: Record<string, unknown>,
  machines: Machine[],
  base?: Playground,
): Pick<Playground, "tabs" | "portForwards" | "registryAuth"> {
  // A base's tab of a machine that the content leaves out goes with it.
  const inherited = base?.tabs?.filter(
    ({ machine }) => !machine || machines.some(({ name }) => name === machine),
  );
  const tabs = readTabs(source, spec["tabs"], machines) ?? inherited;
  return {
    ...(tabs?.length ? { tabs } : {}),
    portForwards:
      spec["portForwards"] === undefined
        ? (base?.portForwards ?? [])
        : readPortForwards(source, spec["portForwards"], machines),
    registryAuth:
      spec["registryAuth"] === undefined
        ? (base?.registryAuth ?? "")
        : readRegistryAuth(source, spec["registryAuth"]),
  };
}

/** Play-wide startup files and conditions of a block or manifest, over those of its base. */
export function readPlayWide(
  source: Source,
  spec: Record<string, unknown>,
  machines: Machine[],
  base?: Playground,
): Pick<Playground, "startupFiles" | "initConditions"> {
  const at = ["playground", "startupFiles"];
  const files =
    spec["startupFiles"] === undefined
      ? (base?.startupFiles ?? [])
      : readStartupFiles(source, at, spec["startupFiles"], true);
  if (spec["startupFiles"] !== undefined)
    for (const [index, file] of files.entries())
      for (const machine of file.machines)
        if (!machines.some(({ name }) => name === machine))
          source.error(
            "AG043",
            [...at, index, "machines"],
            `a startup file goes to unknown machine "${machine}"`,
            `use ${machines.map(({ name }) => name).join(", ")}`,
          );
  checkStartupSize(source, [...files, ...machines.flatMap((machine) => machine.startupFiles)]);
  return {
    startupFiles: files,
    initConditions:
      spec["initConditions"] === undefined
        ? (base?.initConditions ?? [])
        : readConditions(source, spec["initConditions"]),
  };
}

/**
 * Machines of a block or manifest over those of its base (spec 3.2): exactly those listed, each with the
 * base's fields where it gives none; without a list, the base's.
 */
export function mergeMachines(
  source: Source,
  spec: Record<string, unknown>,
  base: Playground,
  name: string,
): Machine[] {
  const listed = asList(spec["machines"]);
  if (listed.length === 0) return base.machines;
  const blank = base.machines.length === 0 || name === "flexbox";
  if (listed.length > MAX_MACHINES)
    source.error(
      "AG033",
      ["playground", "machines"],
      `a play has 1 to ${MAX_MACHINES} machines, this one ${listed.length}`,
      "remove some",
    );
  return listed.slice(0, MAX_MACHINES).flatMap((one, index) => {
    const own = asMap(one);
    const inherited = base.machines.find((machine) => machine.name === asText(own["name"]));
    if (!inherited && !blank) {
      source.error(
        "AG031",
        ["playground", "machines", index],
        `playground ${name} has no machine "${asText(own["name"])}"`,
        `use ${base.machines.map((machine) => machine.name).join(", ")}, or the playground flexbox`,
      );
      return [];
    }
    const root = image(own["drives"]);
    if (inherited && !blank && root && root !== inherited.image)
      source.error(
        "AG032",
        ["playground", "machines", index, "drives"],
        `the root drive of ${inherited.name} comes from ${name} and cannot be replaced by "${root}"`,
        `use source: ${inherited.image}, or the playground flexbox`,
      );
    return [readMachine(own, inherited, ownFiles(source, index, own))];
  });
}
