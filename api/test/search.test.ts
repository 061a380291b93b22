import fc from "fast-check";
import { expect, test } from "vitest";
import { FACETS, SearchIndex, type Filters, type SearchItem } from "../src/search.ts";

const item = (name: string, rest: Partial<SearchItem> = {}): SearchItem => ({
  id: `challenge/${name}`,
  kind: "challenge",
  name,
  title: name,
  description: "",
  categories: [],
  tags: [],
  difficulties: [],
  author: "",
  text: "",
  date: "2026-01-01",
  ...rest,
});
const everybody = { sees: () => true, statusOf: () => "todo" };

const small = new SearchIndex([
  item("dns", {
    title: "Names that lie",
    categories: ["networking"],
    tags: ["dns", "resolver"],
    difficulties: ["easy"],
    date: "2026-03-01",
  }),
  item("bridge", {
    title: "Break the bridge",
    categories: ["networking", "linux"],
    tags: ["bridge"],
    difficulties: ["hard"],
    text: "A bridge carries frames between `veth` ends, also kubernetes uses it.",
  }),
  item("pods", {
    id: "tutorial/pods",
    kind: "tutorial",
    title: "Pods by hand",
    description: "What Kubernetes does below a pod",
    categories: ["kubernetes"],
    tags: ["bridge", "cni"],
    date: "2026-02-01",
  }),
]);
const ids = (text: string, filters: Filters = {}) => small.search(text, filters, everybody).ids;

test("words are found with typing errors, by their beginnings, and in the text", () => {
  expect(ids("kubernets")[0]).toBe("tutorial/pods");
  expect(ids("kubrenetes")).toContain("challenge/bridge");
  // Two letters that changed places.
  expect(ids("rseolver")).toEqual(["challenge/dns"]);
  expect(ids("ebrak")).toEqual([]);
  expect(ids("berak")).toEqual(["challenge/bridge"]);
  expect(ids("vteh")).toEqual(["challenge/bridge"]);
  // What begins a word is none, whatever it would be with two letters exchanged.
  expect(ids("hnad")).toEqual(["tutorial/pods"]);
  expect(ids("fram")).toEqual(["challenge/bridge"]);
  expect(ids("netw")).toEqual(expect.arrayContaining(["challenge/dns", "challenge/bridge"]));
  expect(ids("veth")).toEqual(["challenge/bridge"]);
  expect(ids("bridge veth")).toEqual(["challenge/bridge"]);
  expect(ids("zzzzzz")).toEqual([]);
});

test("a title counts more than a text, and without words the newest come first", () => {
  expect(ids("bridge")[0]).toBe("challenge/bridge");
  expect(ids("")).toEqual(["challenge/dns", "tutorial/pods", "challenge/bridge"]);
});

test("what somebody may not see is neither listed nor counted", () => {
  const result = small.search("", {}, { ...everybody, sees: (id) => id !== "tutorial/pods" });
  expect(result.total).toBe(2);
  expect(result.facets).not.toContainEqual(expect.objectContaining({ value: "tutorial" }));
});

test("a facet counts what its other values would show; a chosen value without hits stays, with 0", () => {
  const { facets, total } = small.search(
    "",
    { category: ["networking"], difficulty: ["easy"] },
    everybody,
  );
  expect(total).toBe(1);
  expect(facets).toContainEqual({ facet: "difficulty", value: "hard", count: 1 });
  expect(facets).toContainEqual({ facet: "category", value: "networking", count: 1 });
  expect(small.search("pods", { category: ["linux"] }, everybody).facets).toContainEqual({
    facet: "category",
    value: "linux",
    count: 0,
  });
});

test("related content shares tags before categories, and never itself or what is hidden", () => {
  expect(small.related("challenge/bridge", () => true)).toEqual(["tutorial/pods", "challenge/dns"]);
  expect(small.related("challenge/bridge", (id) => id !== "tutorial/pods")).toEqual([
    "challenge/dns",
  ]);
  expect(small.related("challenge/none", () => true)).toEqual([]);
});

test("whatever is chosen, counts and pages equal those of looking at each item", () => {
  const word: fc.Arbitrary<string> = fc.constantFrom("linux", "dns", "bridge", "cni");
  const list = fc.uniqueArray(word, { maxLength: 3 });
  const some = fc.array(
    fc.record({ categories: list, tags: list, difficulty: fc.constantFrom("easy", "hard") }),
    { maxLength: 20 },
  );
  const filters = fc.record({
    category: list,
    tag: list,
    status: fc.constantFrom<string[]>([], ["solved"]),
  });
  fc.assert(
    fc.property(some, filters, fc.nat(5), (drawn, chosen, after) => {
      const all = drawn.map((one, at) =>
        item(`n${at}`, { ...one, difficulties: [one.difficulty], title: "" }),
      );
      const statusOf = (id: string) => (id.endsWith("3") ? "solved" : "todo");
      const index = new SearchIndex(all);
      const found = index.search("", chosen, { sees: () => true, statusOf }, after, 4);
      const value = (one: SearchItem): Record<string, string[]> => ({
        kind: [one.kind],
        category: one.categories,
        tag: one.tags,
        difficulty: one.difficulties,
        status: [statusOf(one.id)],
        author: [],
      });
      const fits = (one: SearchItem, but?: string) =>
        FACETS.every(
          (facet) =>
            facet === but ||
            !chosen[facet as "tag"]?.length ||
            value(one)[facet]!.some((v) => chosen[facet as "tag"].includes(v)),
        );
      const shown = all.filter((one) => fits(one));
      expect(found.total).toBe(shown.length);
      expect(found.ids).toHaveLength(Math.max(0, Math.min(4, shown.length - after)));
      for (const { facet, value: v, count } of found.facets)
        expect(count).toBe(
          all.filter((one) => fits(one, facet) && value(one)[facet]!.includes(v)).length,
        );
    }),
    { numRuns: 200 },
  );
});

test("what changes is found by its new words only, what goes is gone, and a built index is the same", async () => {
  const one = item("one", { title: "Sockets", tags: ["old"] });
  const two = item("two", { title: "Pipes" });
  const index = new SearchIndex([one, two]);
  index.apply([{ ...one, title: "Signals", tags: ["new"] }], [two.id]);
  const found = (text: string) => index.search(text, {}, everybody).ids;
  expect(found("sockets")).toEqual([]);
  expect(found("signals")).toEqual([one.id]);
  expect(found("pipes")).toEqual([]);
  expect(index.search("", {}, everybody).facets.map(({ value }) => value)).not.toContain("old");
  expect(index.size).toBe(1);
  const built = await SearchIndex.build([one, two], 1);
  expect(built.search("", {}, everybody)).toEqual(
    new SearchIndex([one, two]).search("", {}, everybody),
  );
});
