import { expect, test } from "vitest";
import { additional, findTab, halves, tabsOf, type PlayTab } from "./tabs";

const tab = (rest: object) => ({
  kind: "terminal",
  id: "terminal-client",
  name: "",
  machine: "client",
  url: "",
  target: "pane",
  pane: "left",
  ...rest,
});
const tabs = tabsOf({
  tabs: [
    tab({}),
    tab({ id: "db", name: "Database", machine: "server" }),
    tab({ kind: "web-page", id: "docs", name: "Docs", machine: "", url: "https://example.test/" }),
    tab({ kind: "web-page", id: "evil", name: "Evil", url: "javascript:alert(1)" }),
    tab({ kind: "http-port", id: "shop", name: "Shop", machine: "router" }),
    tab({ kind: "ide", id: "ide-client" }),
  ],
});

test("all kinds are tabs, but pages only with an address of the web", () => {
  expect(tabs.map((one) => `${one.kind} ${one.id} ${one.label}`)).toEqual([
    "terminal terminal-client client",
    "terminal db Database",
    "web-page docs Docs",
    "http-port shop Shop",
    "ide ide-client Editor",
  ]);
});

test.each<[object, string | undefined]>([
  [{ id: "db" }, "db"],
  [{ name: "Database" }, "db"],
  [{ machine: "server" }, "db"],
  [{ name: "client" }, "terminal-client"],
  [{ name: "Docs" }, "docs"],
  [{ machine: "nowhere" }, undefined],
  // A port of a machine is no terminal on it.
  [{ machine: "router" }, undefined],
  [{ id: "shop" }, "shop"],
])("%o is the tab %s", (wanted, id) => {
  expect(findTab({ fresh: false, ...wanted }, tabs)?.id).toBe(id);
});

test("a machine gets four terminals and no more", () => {
  const all: PlayTab[] = [...tabs];
  for (let made = additional("client", all); made; made = additional("client", all)) all.push(made);
  const terminals = all.filter((one) => one.machine === "client" && one.kind === "terminal");
  expect(terminals.map((one) => one.label)).toEqual(["client", "client 2", "client 3", "client 4"]);
});

test("tabs of the right pane stand beside the others where there is room and there are others", () => {
  const split = tabsOf({
    tabs: [tab({}), tab({ kind: "http-port", id: "shop", name: "Shop", pane: "right" })],
  });
  const ids = (room: boolean, some = split) => {
    const { left, right } = halves(some, room);
    return [left, right].map((half) => half.map(({ id }) => id).join(" "));
  };
  expect(ids(true)).toEqual(["terminal-client", "shop"]);
  expect(ids(false)).toEqual(["terminal-client shop", ""]);
  expect(ids(true, split.slice(1))).toEqual(["shop", ""]);
  expect(ids(true, tabs)[1]).toBe("");
});
