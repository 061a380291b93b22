import type { Machine, PortForward, Playground, Tab } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

type At = (string | number)[];

/** Kinds of tabs (spec 3.3.4). */
export const TAB_KINDS = ["terminal", "ide", "http-port", "web-page", "kexp"] as const;
const MAX_TABS = 10;
const MAX_FORWARDS = 50;
const isKind = (text: string): text is Tab["kind"] =>
  (TAB_KINDS as readonly string[]).includes(text);
const isPort = (value: unknown) =>
  Number.isInteger(Number(value)) && Number(value) >= 1 && Number(value) <= 65_535;

function oneOf<T extends string>(value: unknown, known: readonly T[], fallback: T): T {
  const text = asText(value);
  return (known as readonly string[]).includes(text) ? (text as T) : fallback;
}

/** Tabs of a block or manifest; undefined when there are none, and defaults count (spec 3.3.4). */
export function readTabs(source: Source, value: unknown, machines: Machine[]): Tab[] | undefined {
  const list = asList(value);
  if (list.length === 0) return undefined;
  const at: At = ["playground", "tabs"];
  if (list.length > MAX_TABS)
    source.warn("AG040", at, `there are ${list.length} tabs`, `only ${MAX_TABS} are shown`);
  return list.slice(0, MAX_TABS).flatMap((one, index) => {
    const spec = asMap(one);
    const here = [...at, index];
    const kind = asText(spec["kind"]) || "terminal";
    if (!isKind(kind)) {
      source.warn(
        "AG040",
        [...here, "kind"],
        `there is no tab of kind "${kind}": it is left out`,
        `use one of ${TAB_KINDS.join(", ")}`,
      );
      return [];
    }
    const machine = asText(spec["machine"]);
    if (machine && !machines.some(({ name }) => name === machine))
      source.error(
        "AG040",
        [...here, "machine"],
        `a tab shows unknown machine "${machine}"`,
        `use one of ${machines.map(({ name }) => name).join(", ")}`,
      );
    const name = asText(spec["name"]);
    const number = Number(spec["number"] ?? spec["port"] ?? 0);
    if (kind === "http-port" && !isPort(number))
      source.error("AG040", here, "an http-port tab has no port", "add number: 8080");
    if ((kind === "http-port" || kind === "web-page") && !name)
      source.warn("AG040", here, `a tab of kind ${kind} has no name`, "add name:");
    const url = asText(spec["url"]);
    if (kind === "web-page" && !/^https?:\/\//.test(url))
      source.error("AG040", here, "a web-page tab has no address", "add url: https://…");
    const target = oneOf(spec["target"], ["pane", "window"], "pane");
    if (target === "window" && spec["pane"] !== undefined)
      source.warn(
        "AG040",
        [...here, "pane"],
        "a tab with target: window has no pane",
        "remove one of the two",
      );
    return [
      {
        kind,
        id: asText(spec["id"]) || `${kind}-${machine || (machines[0]?.name ?? "")}`,
        name,
        machine,
        number: isPort(number) ? number : 0,
        tls: spec["tls"] === true,
        hostRewrite: asText(spec["hostRewrite"]),
        pathRewrite: asText(spec["pathRewrite"]),
        access: oneOf(spec["access"], ["private", "public"], "private"),
        url,
        pane: oneOf(spec["pane"], ["left", "right"], "left"),
        target,
      },
    ];
  });
}

/** Tabs of a play: those of the playground, without terminals of machines with `noSSH`, else one terminal each. */
export function tabsOf({ tabs, machines }: Pick<Playground, "tabs" | "machines">): Tab[] {
  const reachable = machines.filter((machine) => !machine.noSSH);
  const terminal = (machine: string): Tab => ({
    kind: "terminal",
    id: `terminal-${machine}`,
    name: "",
    machine,
    number: 0,
    tls: false,
    hostRewrite: "",
    pathRewrite: "",
    access: "private",
    url: "",
    pane: "left",
    target: "pane",
  });
  if (!tabs?.length) return reachable.map(({ name }) => terminal(name));
  return tabs
    .map((tab) => ({ ...tab, machine: tab.machine || (machines[0]?.name ?? "") }))
    .filter((tab) => tab.kind !== "terminal" || reachable.some(({ name }) => name === tab.machine));
}

/** Saved forwards (spec 3.3.6); old dumps write the names in lower case (3.5). */
export function readPortForwards(
  source: Source,
  value: unknown,
  machines: Machine[],
): PortForward[] {
  const at: At = ["playground", "portForwards"];
  return asList(value)
    .slice(0, MAX_FORWARDS)
    .map((one, index) => {
      const spec = asMap(one);
      const text = (key: string) => asText(spec[key] ?? spec[key.toLowerCase()]);
      const forward: PortForward = {
        kind: oneOf(spec["kind"], ["local", "remote"], "local"),
        machine: text("machine"),
        localHost: text("localHost"),
        localPort: text("localPort"),
        remotePort: text("remotePort"),
        remoteHost: text("remoteHost"),
      };
      const wrong =
        forward.machine && !machines.some(({ name }) => name === forward.machine)
          ? `a port forward of unknown machine "${forward.machine}"`
          : [forward.localPort, forward.remotePort].some((port) => port && !isPort(port))
            ? "a port forward has a port that is none"
            : "";
      if (wrong)
        source.warn("AG047", [...at, index], wrong, "use a machine of the play, and ports");
      return forward;
    });
}

/** `user:password` for the play's registry. */
export function readRegistryAuth(source: Source, value: unknown): string {
  const text = asText(value);
  if (text && !/^[^:\s]+:\S+$/.test(text))
    source.error(
      "AG047",
      ["playground", "registryAuth"],
      "registryAuth is not user:password",
      "write registryAuth: user:password",
    );
  return text;
}
