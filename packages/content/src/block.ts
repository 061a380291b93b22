import { readEgress } from "./egress.ts";
import { readConditions } from "./init-conditions.ts";
import { checkMachines, readMachine } from "./machines.ts";
import type { Playground } from "./model.ts";
import { resolveName } from "./names.ts";
import { checkNetworks, complete, readNetworks } from "./networks.ts";
import { notHere } from "./other-playgrounds.ts";
import {
  MAX_MACHINES,
  checkNames,
  mergeMachines,
  readCheckpoints,
  readPlayWide,
  readViews,
} from "./playground.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

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
  const machines = mergeMachines(source, spec, base, name);
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
