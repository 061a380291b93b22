import { readAccess } from "./access.ts";
import { readEgress } from "./egress.ts";
import { readConditions } from "./init-conditions.ts";
import { checkMachines, image, ownFiles, readMachine } from "./machines.ts";
import type { Machine, Playground } from "./model.ts";
import { NAME, resolveName } from "./names.ts";
import { checkNetworks, complete, readNetworks } from "./networks.ts";
import type { Source } from "./source.ts";
import { checkStartupSize, readStartupFiles } from "./startup-files.ts";
import { readPortForwards, readRegistryAuth, readTabs } from "./tabs.ts";
import { notHere } from "./other-playgrounds.ts";
import { readInitTasks } from "./tasks.ts";
import { asList, asMap, asText } from "./value.ts";

/** Machines of one play. */
const MAX_MACHINES = 5;

/** A manifest's playground, complete (spec 3.3). */
export function readManifest(source: Source): Playground | undefined {
  const { data } = source;
  if (data["kind"] !== "playground")
    source.error("AG045", ["kind"], "kind is not playground", "write kind: playground");
  const name = asText(data["name"]);
  if (!name) source.error("AG045", ["name"], "the playground has no name", "add name:");
  else if (!NAME.test(name))
    source.error(
      "AG020",
      ["name"],
      `"${name}" is no name for an address`,
      "use lowercase letters, digits and -",
    );
  const title = asText(data["title"]);
  if (title.length < 5 || title.length > 120)
    source.warn(
      "AG013",
      ["title"],
      title ? `the title has ${title.length} characters` : "the playground has no title",
      "add title: of 5 to 120 characters",
    );
  const description = asText(data["description"]);
  if (description.length > 500)
    source.warn(
      "AG014",
      ["description"],
      `the description has ${description.length} characters`,
      "use at most 500",
    );
  const markdown = asText(data["markdown"]);
  if (markdown.length > MAX_MARKDOWN)
    source.error(
      "AG004",
      ["markdown"],
      `the text has ${markdown.length} characters`,
      `use at most ${MAX_MARKDOWN}`,
    );
  const spec = asMap(data["playground"]);
  if (Object.keys(spec).length === 0)
    source.error("AG045", ["playground"], "there is no playground:", "add it, with machines:");
  const machines = asList(spec["machines"])
    .slice(0, MAX_MACHINES)
    .map((one, index) => readMachine(asMap(one), undefined, ownFiles(source, index, asMap(one))));
  if (asList(spec["machines"]).length > MAX_MACHINES)
    source.error(
      "AG033",
      ["playground", "machines"],
      `more than ${MAX_MACHINES} machines`,
      "remove some",
    );
  checkNames(source, machines);
  checkMachines(source, spec["machines"]);
  const networks = readNetworks(spec["networks"]);
  checkNetworks(source, networks, machines);
  const access = readAccess(source, spec);
  const rest = {
    egress: readEgress(source, spec["egress"]),
    ...readCheckpoints(source, spec["checkpoints"]),
    ...readPlayWide(source, spec, machines),
    ...readViews(source, spec, machines),
  };
  if (source.failed) return undefined;
  const playground = complete({
    name,
    title: title || name,
    description,
    categories: asList(data["categories"]).map(asText).filter(Boolean),
    cover: asText(data["cover"]),
    markdown,
    ...(access ? { accessControl: access } : {}),
    machines,
    networks,
    ...rest,
    initTasks: [],
  });
  playground.initTasks = readInitTasks(source, playground, spec["initTasks"]);
  return source.failed ? undefined : playground;
}

/** `checkpoints` of a playground or a block; a given value replaces the base's. */
function readCheckpoints(
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

/** Characters of a manifest's landing page. */
const MAX_MARKDOWN = 100_000;

function checkNames(source: Source, machines: Machine[]): void {
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
function readViews(
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
function readPlayWide(
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

/** The playground of a challenge: its base with the overrides of the block. */
export function readBlock(source: Source, bases: Map<string, Playground>): Playground | undefined {
  const errorsOf = () => source.problems.filter(({ severity }) => severity === "error").length;
  const errorsBefore = errorsOf();
  const value = source.data["playground"];
  const block = typeof value === "string" ? { name: value } : asMap(value);
  const name = asText(asMap(block)["name"]);
  const base = resolveName(bases, name);
  if (!base) {
    const known = `name one of ${[...bases.keys()].join(", ")}`;
    if (name)
      source.cannot(
        "AG030",
        typeof value === "string" ? ["playground"] : ["playground", "name"],
        notHere(name),
        `install it below playgrounds/, or ${known}`,
      );
    else source.error("AG030", ["playground"], "there is no playground", known);
    return undefined;
  }
  const spec = asMap(block);
  checkMachines(source, spec["machines"]);
  const blank = base.machines.length === 0 || name === "flexbox";
  let machines = base.machines;
  if (asList(spec["machines"]).length) {
    const listed = asList(spec["machines"]);
    if (listed.length > MAX_MACHINES)
      source.error(
        "AG033",
        ["playground", "machines"],
        `a play has 1 to ${MAX_MACHINES} machines, this one ${listed.length}`,
        "remove some",
      );
    machines = listed.slice(0, MAX_MACHINES).flatMap((one, index) => {
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
  if (machines.length === 0 && errorsOf() === errorsBefore)
    source.error(
      "AG033",
      ["playground", "machines"],
      `a play has 1 to ${MAX_MACHINES} machines, this one none`,
      "list the machines",
    );
  checkNames(source, machines);
  const playWide = readPlayWide(source, spec, machines, base);
  const egress = readEgress(source, spec["egress"], base.egress);
  const views = readViews(source, spec, machines, base);
  const networks = spec["networks"] === undefined ? base.networks : readNetworks(spec["networks"]);
  checkNetworks(source, networks, machines);
  if (errorsOf() > errorsBefore) return undefined;
  const { title, initTasks, accessControl } = base;
  return complete({
    name: base.name,
    title,
    ...(accessControl ? { accessControl } : {}),
    machines,
    networks,
    egress,
    ...readCheckpoints(source, spec["checkpoints"], base.checkpoints),
    initTasks,
    ...playWide,
    ...views,
  });
}

/**
 * Machines to check tasks against when their playground is not here: those that the block lists, else
 * those that the tasks name.
 */
export function standIn(source: Source): Playground {
  const block = asMap(source.data["playground"]);
  const listed = asList(block["machines"]).map((one) => asText(asMap(one)["name"]));
  const named = [
    ...Object.values(asMap(source.data["tasks"])),
    ...Object.values(asMap(block["initTasks"])),
  ].map((task) => asText(asMap(task)["machine"]));
  const names = [...new Set((listed.some(Boolean) ? listed : named).filter(Boolean))];
  return {
    name: "",
    title: "",
    machines: (names.length ? names : ["machine"]).map((name) =>
      readMachine({ name }, undefined, undefined),
    ),
    networks: [],
    startupFiles: [],
    initTasks: [],
    initConditions:
      block["initConditions"] === undefined ? [] : readConditions(source, block["initConditions"]),
  };
}
