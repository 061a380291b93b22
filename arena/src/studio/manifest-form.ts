import { isMap, parseDocument, type Document } from "yaml";

/** A place in a manifest: keys and positions. */
export type Path = (string | number)[];
export const SPEC = "playground";

/**
 * The fields of the format that the form shows, by what they belong to. Every other key stays in the
 * text, and the form says which ones those are.
 */
export const SHOWN = {
  top: ["kind", "name", "base", "title", "description", "categories", SPEC],
  spec: ["machines", "networks", "tabs", "initTasks"],
  machine: ["name", "users", "backend", "kernel", "drives", "network", "resources", "noSSH"],
  user: ["name", "default", "welcome"],
  drive: ["source", "mount", "size", "filesystem", "readOnly"],
  network: ["name", "subnet", "gateway", "private"],
  interface: ["network", "address"],
  tab: [
    "kind",
    "id",
    "name",
    "machine",
    "number",
    "tls",
    "hostRewrite",
    "pathRewrite",
    "access",
    "url",
    "pane",
    "target",
  ],
  initTask: [
    "init",
    "machine",
    "user",
    "run",
    "needs",
    "timeout_seconds",
    "env",
    "failcheck",
    "hintcheck",
    "conditions",
  ],
} as const;

/** Keys of one thing that its form does not show. */
interface WithRest {
  rest: string[];
}

export interface MachineForm extends WithRest {
  name: string;
  image: string;
  cpuCount: string;
  ramSize: string;
  /** Of the root drive. */
  size: string;
  backend: string;
  kernel: string;
  users: ({ name: string; default: boolean; welcome: string } & WithRest)[];
  networks: ({ network: string; address: string } & WithRest)[];
  /** Drives besides the root drive; `at` is the place in the list, which decides the device's name. */
  drives: ({
    at: number;
    source: string;
    mount: string;
    size: string;
    filesystem: string;
    readOnly: boolean;
  } & WithRest)[];
  noSSH: boolean;
}

export interface TabForm extends WithRest {
  kind: string;
  id: string;
  name: string;
  machine: string;
  number: string;
  tls: boolean;
  hostRewrite: string;
  pathRewrite: string;
  access: string;
  url: string;
  pane: string;
  target: string;
}

export interface InitTaskForm extends WithRest {
  name: string;
  machine: string;
  user: string;
  run: string;
  failcheck: string;
  hintcheck: string;
  timeoutSeconds: string;
  needs: string[];
  /** One a line, as they are typed. */
  env: string;
  conditions: { key: string; value: string }[];
}

/** What a form shows of a manifest; everything else of it stays in the text. */
export interface ManifestForm extends WithRest {
  name: string;
  /** What it is derived from; empty = nothing. */
  base: string;
  title: string;
  description: string;
  categories: string[];
  machines: MachineForm[];
  networks: ({ name: string; subnet: string; gateway: string; private: boolean } & WithRest)[];
  tabs: TabForm[];
  initTasks: InitTaskForm[];
  /** Questions that conditions of init tasks are about, with the answers to choose from. */
  questions: { key: string; options: string[] }[];
}

/** Why a text is no manifest that the form could show, and where. */
export interface Fault {
  line: number;
  column: number;
  message: string;
}

/** A manifest's document; undefined while its text is no YAML. */
export function parsed(text: string): Document | undefined {
  const document = parseDocument(text);
  return document.errors.length || (document.contents && !isMap(document.contents))
    ? undefined
    : document;
}

const map = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
const list = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.map(map) : [];
const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";
/** A scalar counts as a list of one. */
const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map(text);
const rest = (one: Record<string, unknown>, shown: readonly string[]): string[] =>
  Object.keys(one).filter((key) => !shown.includes(key));

function readMachine(machine: Record<string, unknown>): MachineForm {
  const drives = list(machine["drives"]);
  const root = drives.find((drive) => drive["mount"] === "/");
  const resources = map(machine["resources"]);
  const network = map(machine["network"]);
  const kernel = machine["kernel"];
  return {
    name: text(machine["name"]),
    image: text(root?.["source"]),
    cpuCount: text(resources["cpuCount"]),
    ramSize: text(resources["ramSize"]),
    size: text(root?.["size"]),
    backend: text(machine["backend"]),
    kernel: text(kernel) || text(map(kernel)["source"]),
    users: list(machine["users"]).map((user) => ({
      name: text(user["name"]),
      default: user["default"] === true,
      welcome: text(user["welcome"]),
      rest: rest(user, SHOWN.user),
    })),
    networks: list(network["interfaces"]).map((one) => ({
      network: text(one["network"]),
      address: text(one["address"]),
      rest: rest(one, SHOWN.interface),
    })),
    drives: drives.flatMap((drive, at) =>
      drive === root
        ? []
        : {
            at,
            source: text(drive["source"]),
            mount: text(drive["mount"]),
            size: text(drive["size"]),
            filesystem: text(drive["filesystem"]),
            readOnly: drive["readOnly"] === true,
            rest: rest(drive, SHOWN.drive),
          },
    ),
    noSSH: machine["noSSH"] === true,
    rest: [
      ...rest(machine, SHOWN.machine),
      // Of the root drive the form shows image and size.
      ...rest(root ?? {}, ["source", "size", "mount"]).map((key) => `root drive's ${key}`),
      ...rest(resources, ["cpuCount", "ramSize"]).map((key) => `resources.${key}`),
      ...rest(network, ["interfaces"]).map((key) => `network.${key}`),
      ...rest(map(kernel), ["source"]).map((key) => `kernel.${key}`),
    ],
  };
}

const readTab = (tab: Record<string, unknown>): TabForm => ({
  kind: text(tab["kind"]) || "terminal",
  id: text(tab["id"]),
  name: text(tab["name"]),
  machine: text(tab["machine"]),
  number: text(tab["number"]),
  tls: tab["tls"] === true,
  hostRewrite: text(tab["hostRewrite"]),
  pathRewrite: text(tab["pathRewrite"]),
  access: text(tab["access"]),
  url: text(tab["url"]),
  pane: text(tab["pane"]),
  target: text(tab["target"]),
  rest: rest(tab, SHOWN.tab),
});

const readInitTask = (name: string, task: Record<string, unknown>): InitTaskForm => ({
  name,
  machine: text(task["machine"]),
  user: text(task["user"]),
  run: text(task["run"]),
  failcheck: text(task["failcheck"]),
  hintcheck: text(task["hintcheck"]),
  timeoutSeconds: text(task["timeout_seconds"]),
  needs: texts(task["needs"]),
  env: texts(task["env"]).join("\n"),
  conditions: list(task["conditions"]).map((one) => ({
    key: text(one["key"]),
    value: text(one["value"]),
  })),
  rest: rest(task, SHOWN.initTask),
});

/** What the form shows; undefined while the text is no YAML. */
export function readForm(manifest: string): ManifestForm | undefined {
  const document = parsed(manifest);
  if (!document) return undefined;
  let data: Record<string, unknown>;
  try {
    data = map(document.toJS({ maxAliasCount: 50 }));
  } catch {
    // More aliases than any manifest needs.
    return undefined;
  }
  const spec = map(data[SPEC]);
  return {
    name: text(data["name"]),
    base: text(data["base"]),
    title: text(data["title"]),
    description: text(data["description"]),
    categories: texts(data["categories"]),
    machines: list(spec["machines"]).map(readMachine),
    networks: list(spec["networks"]).map((network) => ({
      name: text(network["name"]),
      subnet: text(network["subnet"]),
      gateway: text(network["gateway"]),
      private: network["private"] === true,
      rest: rest(network, SHOWN.network),
    })),
    tabs: list(spec["tabs"]).map(readTab),
    initTasks: Object.entries(map(spec["initTasks"])).map(([name, task]) =>
      readInitTask(name, map(task)),
    ),
    questions: list(map(spec["initConditions"])["values"]).map((one) => ({
      key: text(one["key"]),
      options: texts(one["options"]),
    })),
    rest: [...rest(data, SHOWN.top), ...rest(spec, SHOWN.spec)],
  };
}

/** Where a text stops being a manifest; undefined when it is one. */
export function faultOf(manifest: string): Fault | undefined {
  const document = parseDocument(manifest, { prettyErrors: true });
  const [error] = document.errors;
  const place = error?.linePos?.[0];
  if (error)
    return {
      line: place?.line ?? 1,
      column: place?.col ?? 1,
      // Its first line: the rest repeats the text.
      message: error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, ""),
    };
  if (readForm(manifest)) return undefined;
  return { line: 1, column: 1, message: "It is no map of keys, or its aliases multiply" };
}
