import { isCollection, isScalar, isSeq, parseDocument, stringify, type Document } from "yaml";
import { spliceItem, spliceKey, spliceOut } from "./manifest-splice";

/** What a form shows of a manifest; everything else of it stays in the text. */
export interface ManifestForm {
  name: string;
  /** What it is derived from; empty = nothing. */
  base: string;
  title: string;
  machines: {
    name: string;
    image: string;
    user: string;
    cpuCount: string;
    ramSize: string;
    size: string;
    networks: { network: string; address: string }[];
    /** Drives besides the root drive; `at` is the place in the list, which decides the device's name. */
    drives: { at: number; source: string; mount: string; size: string; filesystem: string }[];
    noSSH: boolean;
  }[];
  networks: { name: string; subnet: string; private: boolean }[];
  tabs: { kind: string; machine: string; name: string; number: string }[];
  initTasks: { name: string; machine: string; run: string }[];
}

export type Path = (string | number)[];
export const SPEC = "playground";

/** A manifest to begin with. */
export const STARTER = `kind: playground
name: my-lab
title: My laboratory
playground:
  networks:
    - { name: local, subnet: 172.16.0.0/24 }
  machines:
    - name: lab-01
      users: [{ name: laborant, default: true }]
      # The root drive: its source is the image of the machine.
      drives: [{ source: debian-12, mount: /, size: 2GiB }]
      network: { interfaces: [{ network: local }] }
      resources: { cpuCount: 1, ramSize: 512MiB }
  initTasks:
    init_ground:
      init: true
      machine: lab-01
      run: mkdir -p /srv/lab
  accessControl: { canList: [owner], canRead: [owner], canStart: [owner] }
`;

function parsed(text: string): Document | undefined {
  const document = parseDocument(text);
  return document.errors.length || (document.contents && !isCollection(document.contents))
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
    machines: list(spec["machines"]).map((machine) => {
      const users = list(machine["users"]);
      const drives = list(machine["drives"]);
      const root = drives.find((drive) => drive["mount"] === "/");
      const resources = map(machine["resources"]);
      return {
        name: text(machine["name"]),
        image: text(root?.["source"]),
        user: text((users.find((user) => user["default"] === true) ?? users[0])?.["name"]),
        cpuCount: text(resources["cpuCount"]),
        ramSize: text(resources["ramSize"]),
        size: text(root?.["size"]),
        networks: list(map(machine["network"])["interfaces"]).map((one) => ({
          network: text(one["network"]),
          address: text(one["address"]),
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
              },
        ),
        noSSH: machine["noSSH"] === true,
      };
    }),
    networks: list(spec["networks"]).map((network) => ({
      name: text(network["name"]),
      subnet: text(network["subnet"]),
      private: network["private"] === true,
    })),
    tabs: list(spec["tabs"]).map((tab) => ({
      kind: text(tab["kind"]) || "terminal",
      machine: text(tab["machine"]),
      name: text(tab["name"]),
      number: text(tab["number"]),
    })),
    initTasks: Object.entries(map(spec["initTasks"])).map(([name, task]) => ({
      name,
      machine: text(map(task)["machine"]),
      run: text(map(task)["run"]),
    })),
  };
}

/** Changes a manifest's text and nothing else of it: comments, order and style stay where YAML lets them. */
function edited(manifest: string, edit: (document: Document) => void): string {
  const document = parsed(manifest);
  // The form is locked while the text is no YAML: there is nothing to change then.
  if (!document) return manifest;
  edit(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Sets one value; undefined, or an empty text, takes it away. Missing maps on the way are made. */
export function setValue(manifest: string, path: Path, value: unknown): string {
  const replaced = value === undefined || value === "" ? undefined : inPlace(manifest, path, value);
  if (replaced !== undefined) return replaced;
  if (value === undefined || value === "") return removeItem(manifest, path);
  return sameAs(
    edited(manifest, (document) => document.setIn(path, value)),
    () => spliceKey(manifest, path, value),
  );
}

/**
 * The spliced text where it says the same as the one that was written anew, which sets every bracket of
 * the file as it likes.
 */
function sameAs(anew: string, splice: () => string | undefined): string {
  try {
    const text = splice();
    const document = text === undefined ? undefined : parsed(text);
    if (document && JSON.stringify(document.toJS()) === JSON.stringify(parsed(anew)?.toJS()))
      return text!;
  } catch {
    // Aliases, or what nobody writes in a manifest.
  }
  return anew;
}

/** The text with one plain value replaced and every other byte as it was; undefined where that can't be. */
function inPlace(manifest: string, path: Path, value: unknown): string | undefined {
  const document = parsed(manifest);
  const node = document?.getIn(path, true);
  if (!isScalar(node) || !node.range || node.type?.startsWith("BLOCK")) return undefined;
  const written = stringify(value, { lineWidth: 0 }).trim();
  if (written.includes("\n")) return undefined;
  const [from, to] = node.range;
  const text = manifest.slice(0, from) + written + manifest.slice(to);
  // What is plain on a line of its own may not be so between brackets.
  return parsed(text)?.getIn(path) === value ? text : undefined;
}

/** Appends to a list, which is made when there is none. */
export function addItem(manifest: string, path: Path, value: unknown): string {
  const anew = edited(manifest, (document) => {
    if (isSeq(document.getIn(path))) document.addIn(path, document.createNode(value));
    else document.setIn(path, document.createNode([value]));
  });
  return sameAs(
    anew,
    () => spliceItem(manifest, path, value) ?? spliceKey(manifest, path, [value]),
  );
}

/** Takes an item of a list, or an entry of a map, away. */
export function removeItem(manifest: string, path: Path): string {
  return sameAs(
    edited(manifest, (document) => document.deleteIn(path)),
    () => spliceOut(manifest, path),
  );
}

/** The path of a machine's root drive; a machine without one gets it as its first. */
export function rootDrive(manifest: string, machine: number): Path {
  const at = [SPEC, "machines", machine, "drives"];
  const drives = parsed(manifest)?.getIn(at);
  const items = isSeq(drives) ? (drives.toJSON() as { mount?: string }[]) : [];
  return [
    ...at,
    Math.max(
      0,
      items.findIndex((drive) => drive?.mount === "/"),
    ),
  ];
}

/** A name that no other has: `lab-02` after `lab-01`. */
export function freeName(taken: string[], base: string): string {
  for (let n = 1; ; n++) {
    const name = `${base}${String(n).padStart(2, "0")}`;
    if (!taken.includes(name)) return name;
  }
}
