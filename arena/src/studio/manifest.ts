import { isMap, isScalar, isSeq, stringify, type Document } from "yaml";
import { SPEC, parsed, type Path } from "./manifest-form";
import {
  spliceItem,
  spliceKey,
  spliceName,
  spliceOut,
  spliceValue,
  within,
} from "./manifest-splice";

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

/** Changes a manifest's text and nothing else of it: comments, order and style stay where YAML lets them. */
function edited(manifest: string, edit: (document: Document) => void): string {
  const document = parsed(manifest);
  // The form is locked while the text is no YAML: there is nothing to change then.
  if (!document) return manifest;
  try {
    edit(document);
    return document.toString({ lineWidth: 0, flowCollectionPadding: true });
  } catch {
    // An alias elsewhere repeats what would go: the text stays.
    return manifest;
  }
}

/** Sets one value; undefined, an empty text or list takes it away. Missing maps on the way are made. */
export function setValue(manifest: string, path: Path, value: unknown): string {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0))
    return removeItem(manifest, path);
  const document = parsed(manifest);
  for (let length = 1; length < path.length; length++) {
    const node = document?.getIn(path.slice(0, length), true);
    // Nothing stands behind a key on the way, or a word where a map belongs: it becomes one.
    if (isScalar(node))
      return setValue(manifest, path.slice(0, length), within(path.slice(length), value));
  }
  return (
    inPlace(manifest, path, value) ??
    sameAs(
      edited(manifest, (one) =>
        // A plain value is put into its node, which keeps its anchor.
        one.setIn(path, typeof value === "object" ? one.createNode(value) : value),
      ),
      () => spliceKey(manifest, path, value) ?? spliceValue(manifest, path, value),
    )
  );
}

/** What a document says, in whatever order. */
const said = (document: Document | undefined): string =>
  JSON.stringify(document?.toJS(), (_, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/**
 * The spliced text where it says the same as the one that was written anew, which sets every bracket of
 * the file as it likes.
 */
function sameAs(anew: string, splice: () => string | undefined): string {
  try {
    const text = splice();
    const document = text === undefined ? undefined : parsed(text);
    if (document && said(document) === said(parsed(anew))) return text!;
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
  if (node.range[0] === node.range[1]) return undefined;
  // In the quotes that its author chose, if any.
  const quotes = node.type === "QUOTE_DOUBLE" || node.type === "QUOTE_SINGLE" ? node.type : "PLAIN";
  const written = stringify(value, { lineWidth: 0, defaultStringType: quotes }).trim();
  if (written.includes("\n")) return undefined;
  const [from, to] = node.range;
  const text = manifest.slice(0, from) + written + manifest.slice(to);
  // What is plain on a line of its own may not be so between brackets.
  return parsed(text)?.getIn(path) === value ? text : undefined;
}

/** Appends to a list, which is made when there is none. */
export function addItem(manifest: string, path: Path, value: unknown): string {
  const list = parsed(manifest)?.getIn(path);
  if (!isSeq(list)) return setValue(manifest, path, [value]);
  return sameAs(
    edited(manifest, (document) => document.addIn(path, document.createNode(value))),
    () => spliceItem(manifest, path, value),
  );
}

/**
 * Takes an item of a list, or an entry of a map, away. A list or map of which nothing is left goes, too:
 * it says the same as none. Only an item of a list never goes with its last field.
 */
export function removeItem(manifest: string, path: Path): string {
  const document = parsed(manifest);
  if (!document?.hasIn(path)) return manifest;
  const parent = document.getIn(path.slice(0, -1));
  const isLast = (isMap(parent) || isSeq(parent)) && parent.items.length === 1;
  if (isLast && path.length > 2) {
    const above = path.slice(0, -1);
    if (typeof above.at(-1) === "string") return removeItem(manifest, above);
    return sameAs(
      edited(manifest, (one) => one.deleteIn(path)),
      () => spliceValue(manifest, above, {}),
    );
  }
  return sameAs(
    edited(manifest, (one) => one.deleteIn(path)),
    () => spliceOut(manifest, path),
  );
}

/** Gives a key of a map, such as an init task, another name in its place. */
export function renameKey(manifest: string, path: Path, name: string): string {
  return sameAs(
    edited(manifest, (document) => {
      const parent = document.getIn(path.slice(0, -1));
      if (!isMap(parent) || parent.has(name)) return;
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
      if (pair) pair.key = document.createNode(name);
    }),
    () => spliceName(manifest, path, name),
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
