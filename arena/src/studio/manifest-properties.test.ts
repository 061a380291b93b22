import fc from "fast-check";
import { expect, test } from "vitest";
import { Document, isCollection, isMap, isScalar, parse, parseDocument, visit } from "yaml";
import { addItem, removeItem, rootDrive, setValue } from "./manifest";
import { readForm, type Path } from "./manifest-form";

const RUNS = Number(process.env["RUNS"] ?? 120);
type Data = Record<string, unknown>;

const NAMES = ["lab-01", "web", "db-2", "edge"];
const word = fc.constantFrom(
  "one",
  "a, b",
  "x: y",
  "# no comment",
  "'quoted'",
  "07",
  "true",
  "ä ö",
  "[x]",
  "- y",
  "a #b",
);
const script = fc
  .array(fc.constantFrom("mkdir -p /srv", "echo 'a: b' # why", "if true; then", "  nested", "fi"), {
    minLength: 1,
    maxLength: 4,
  })
  .map((lines) => (lines.length === 1 ? lines[0]!.trim() : `${lines.join("\n").trimStart()}\n`));
const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const name = fc.constantFrom(...NAMES);

const machine = fc.record({
  name,
  users: some(
    fc.array(fc.record({ name: fc.constantFrom("root", "laborant"), welcome: some(word) }), {
      minLength: 1,
      maxLength: 2,
    }),
  ),
  drives: some(
    fc.constantFrom(
      [{ source: "debian-12", mount: "/", size: "2GiB" }],
      [{ size: "1GiB" }, { source: "debian-12", mount: "/", future: { of: [1, 2] } }],
    ),
  ),
  network: some(
    fc.record({
      interfaces: fc.array(fc.record({ network: name, address: some(fc.constant("10.0.0.3")) }), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
  ),
  resources: some(fc.constantFrom({ cpuCount: 1 }, { cpuCount: 2, ramSize: "1GiB" })),
  noSSH: some(fc.constant(true)),
  unknown: some(word),
});
const tab = fc.record({
  kind: fc.constantFrom("terminal", "http-port", "web-page"),
  name: some(word),
  machine: some(name),
  number: some(fc.constant(8080)),
  pane: some(fc.constantFrom("left", "right")),
});
const initTask = fc.record({
  init: fc.constant(true),
  machine: some(name),
  run: script,
  needs: some(fc.array(fc.constantFrom("init_a", "init_b"), { minLength: 1, maxLength: 2 })),
  env: some(fc.constant(["A=1", "B=x y"])),
  timeout_seconds: some(fc.constant(90)),
});
const manifest: fc.Arbitrary<Data> = fc.record({
  kind: fc.constant("playground"),
  name: fc.constant("it"),
  title: word,
  description: some(word),
  playground: fc.record({
    networks: fc.array(
      fc.record({ name, subnet: fc.constant("10.0.0.0/24"), private: some(fc.constant(true)) }),
      { minLength: 1, maxLength: 2 },
    ),
    machines: fc.array(machine, { minLength: 1, maxLength: 3 }),
    tabs: some(fc.array(tab, { minLength: 1, maxLength: 3 })),
    initTasks: some(
      fc.dictionary(fc.constantFrom("init_a", "init_b", "init_c"), initTask, {
        minKeys: 1,
        maxKeys: 3,
      }),
    ),
    startupFiles: some(fc.constant([{ path: "/a", content: "x\ny\n" }])),
  }),
});
/** Undefined values are keys that are not there. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** How somebody may have written a manifest: brackets or blocks, quotes, comments, blank lines, indentation. */
const style = fc.record({
  seed: fc.infiniteStream(fc.nat(11)),
  options: fc.record({
    indent: fc.constantFrom(2, 4),
    indentSeq: fc.boolean(),
    flowCollectionPadding: fc.boolean(),
    lineWidth: fc.constantFrom(0, 60),
  }),
});

function written(
  data: Data,
  {
    seed,
    options,
  }: { seed: Iterator<number> & { next(): IteratorResult<number> }; options: object },
): string {
  const document = new Document(plain(data));
  const pick = () => seed.next().value as number;
  let comments = 0;
  visit(document, (key, node, ancestors) => {
    if (isScalar(node)) {
      const chance = pick();
      if (
        typeof node.value === "string" &&
        key !== "key" &&
        !node.value.includes("\n") &&
        chance < 2
      )
        node.type = chance ? "QUOTE_DOUBLE" : "QUOTE_SINGLE";
      const above = ancestors.at(-1);
      if (
        key === "value" &&
        chance > 9 &&
        !ancestors.some((one) => isCollection(one) && one.flow) &&
        above
      )
        node.comment = ` why-${++comments}`;
      if (key === "key" && chance > 9) (node as { spaceBefore?: boolean }).spaceBefore = true;
      if (key === "key" && chance === 8 && !ancestors.some((one) => isCollection(one) && one.flow))
        node.commentBefore = ` above-${++comments}`;
    }
    if (isCollection(node) && ancestors.length > 3) {
      if (ancestors.some((one) => isCollection(one) && one.flow) || pick() < 4) node.flow = true;
    }
  });
  return document.toString(options);
}

/** Empty lists and maps say the same as none. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => pruned(one) ?? {});
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, one]) => [key, pruned(one)] as const)
    .filter(([, one]) => !(one === undefined || (Array.isArray(one) && one.length === 0)));
  return entries.length ? Object.fromEntries(entries) : undefined;
}

function put(data: Data, path: Path, value: unknown): void {
  // Maps and lists by turns, as the path says: no type of ours tells which comes next.
  let at: any = data;
  for (const [index, key] of path.slice(0, -1).entries())
    at = at[key] ??= typeof path[index + 1] === "number" ? [] : {};
  if (value !== undefined) at[path.at(-1)!] = value;
  else if (Array.isArray(at)) at.splice(path.at(-1) as number, 1);
  else delete at[path.at(-1)!];
}

/** Changes that the form makes, of fields which are there and of some which are not. */
function edits(data: Data): { path: Path; value: unknown }[] {
  const spec = data["playground"] as Record<string, Data[] & Data>;
  const all: { path: Path; value: unknown }[] = [];
  const add = (path: Path, ...values: unknown[]) =>
    all.push(...values.map((value) => ({ path, value })));
  add(["title"], "Another: one", "07");
  add(["description"], "Some, words", undefined);
  for (const [at, one] of (spec["machines"] ?? []).entries()) {
    const here = ["playground", "machines", at];
    add([...here, "resources", "cpuCount"], 3);
    add([...here, "noSSH"], true, undefined);
    add([...here, "backend"], "microvm");
    if (one["users"]) add([...here, "users", 0, "welcome"], "Hello\nthere\n", "-");
  }
  for (const at of (spec["tabs"] ?? []).keys()) {
    add(["playground", "tabs", at, "pane"], "right", undefined);
    add(["playground", "tabs", at, "name"], "x, y: z", undefined);
    add(["playground", "tabs", at, "number"], 443);
    add(["playground", "tabs", at], undefined);
  }
  for (const at of (spec["networks"] ?? []).keys())
    add(["playground", "networks", at, "gateway"], "10.0.0.9");
  for (const key of Object.keys(spec["initTasks"] ?? {})) {
    const here = ["playground", "initTasks", key];
    add([...here, "run"], "one", "one\n\ntwo # x\n");
    add([...here, "failcheck"], "a\nb\n", undefined);
    add([...here, "needs"], ["init_c"], ["init_a", "init_c"], undefined);
    add([...here, "env"], ["C=a, b"], undefined);
    add([...here, "timeout_seconds"], 5, undefined);
    add(here, undefined);
  }
  return all;
}

/** Lines (from 0) which a value and its key take up; undefined where there is none. */
function linesOf(text: string, path: Path): [number, number] | undefined {
  const document = parseDocument(text);
  const node = document.getIn(path, true) as { range?: [number, number, number] } | undefined;
  const parent = document.getIn(path.slice(0, -1), true);
  if (!node?.range) return undefined;
  const key = isMap(parent)
    ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key
    : node;
  const line = (at: number) => text.slice(0, at).split("\n").length - 1;
  const from = (key as { range: [number, number, number] }).range[0];
  return [line(from), line(Math.max(from, node.range[1] - 1))];
}

test("an edit of one field changes the lines of that field alone, keeps every comment, and says what was meant", () => {
  fc.assert(
    fc.property(manifest, style, fc.nat(), (data, how, which) => {
      const before = written(data, how as never);
      const possible = edits(plain(data));
      const { path, value } = possible[which % possible.length]!;
      const after = setValue(before, path, value);
      const expected = plain(data);
      put(expected, path, value);
      const told = `${path.join(".")} = ${JSON.stringify(value)}\n${before}\n-----\n${after}`;
      expect(pruned(parse(after)), told).toEqual(pruned(expected));
      const [a, b] = [before.split("\n"), after.split("\n")];
      let head = 0;
      while (head < a.length && head < b.length && a[head] === b[head]) head++;
      let tail = 0;
      while (
        tail < a.length - head &&
        tail < b.length - head &&
        a.at(-1 - tail) === b.at(-1 - tail)
      )
        tail++;
      const changed = [head, a.length - tail - 1] as const;
      let lines: [number, number] | undefined;
      // What goes with the last of its kind goes from the key above.
      for (let length = path.length; length > 1 && !lines; length--)
        lines = linesOf(before, path.slice(0, length));
      const there = linesOf(before, path);
      if (after === before) return;
      if (there && value !== undefined) {
        expect(changed[0], told).toBeGreaterThanOrEqual(there[0]);
        expect(changed[1], told).toBeLessThanOrEqual(there[1]);
      } else if (!there) expect(changed[1] - changed[0], told).toBeLessThanOrEqual(0);
      // A comment goes with the lines that it stands in, and never else.
      const gone = [...before.matchAll(/# (?:why|above)-\d+/g)].filter(
        ([one]) => !after.includes(one),
      );
      const mine = there ? a.slice(there[0], there[1] + 1).join("\n") : "";
      for (const [one] of gone) expect(value === undefined || mine.includes(one), told).toBe(true);
      if (value !== undefined && gone.length)
        expect(mine.split("\n").length, told).toBeGreaterThan(1);
      // And back again: the form is as it was.
      const old = path.reduce<any>((one, key) => one?.[key], plain(data));
      if (value !== undefined && typeof old !== "object")
        expect(readForm(setValue(after, path, old)), told).toEqual(readForm(before));
    }),
    { numRuns: RUNS },
  );
}, 120_000);

test("form to YAML to form is the same, in whatever order it is filled in", () => {
  fc.assert(
    fc.property(manifest, fc.infiniteStream(fc.nat()), (data, seed) => {
      const wanted = plain(data);
      const { machines, networks, tabs, initTasks, ...rest } = wanted["playground"] as Record<
        string,
        Data[] & Data
      >;
      const random = () => seed.next().value as number;
      /** Fields one after the other, as somebody types them. */
      const fields = (one: Data, path: Path) =>
        Object.entries(one)
          .map(([key, value]) => ({ path: [...path, key], value, by: random() }))
          .sort((a, b) => a.by - b.by);
      let text =
        "kind: playground\n# mine\nname: it\nplayground:\n  accessControl: { canList: [owner] }\n";
      for (const [key, list] of Object.entries({ machines, networks, tabs }))
        for (const [at, one] of (list ?? []).entries()) {
          const [first, ...others] = fields(one, ["playground", key, at]);
          text = addItem(text, ["playground", key], { [first!.path.at(-1)!]: first!.value });
          for (const { path, value } of others) text = setValue(text, path, value);
        }
      for (const [task, one] of Object.entries(initTasks ?? {}))
        for (const { path, value } of fields(one as Data, ["playground", "initTasks", task]))
          text = setValue(text, path, value);
      for (const key of ["title", "description"]) text = setValue(text, [key], wanted[key]);
      for (const [key, value] of Object.entries(rest))
        text = setValue(text, ["playground", key], value);
      const { rest: _, ...got } = readForm(text)!;
      const { rest: __, ...meant } = readForm(JSON.stringify(wanted))!;
      expect(got, text).toEqual(meant);
      expect(text).toContain("# mine\nname: it\n");
      expect(text).toContain("  accessControl: { canList: [owner] }\n");
    }),
    { numRuns: RUNS / 8 },
  );
}, 120_000);

test("all that was added is taken away again, and the text is what it was", () => {
  fc.assert(
    fc.property(manifest, style, (data, how) => {
      const before = written(data, how as never);
      let text = addItem(before, ["playground", "machines"], {
        name: "new",
        users: [{ name: "root" }],
      });
      const at = readForm(text)!.machines.length - 1;
      text = setValue(text, [...rootDrive(text, at), "source"], "debian-12");
      text = setValue(text, ["playground", "initTasks", "init_new"], { init: true, run: "a\nb\n" });
      text = removeItem(text, ["playground", "initTasks", "init_new"]);
      text = removeItem(text, ["playground", "machines", at]);
      expect(text.trimEnd()).toBe(before.trimEnd());
    }),
    { numRuns: RUNS / 3 },
  );
}, 120_000);
