import { expect, test } from "vitest";
import { additional, findTab, tabsOf, type PlayTab } from "./tabs";

const tab = (rest: object) => ({
  kind: "terminal",
  id: "terminal-client",
  name: "",
  machine: "client",
  url: "",
  target: "pane",
  ...rest,
});
const tabs = tabsOf({
  tabs: [
    tab({}),
    tab({ id: "db", name: "Database", machine: "server" }),
    tab({ kind: "web-page", id: "docs", name: "Docs", machine: "", url: "https://example.test/" }),
    tab({ kind: "web-page", id: "evil", name: "Evil", url: "javascript:alert(1)" }),
    tab({ kind: "http-port", id: "shop", name: "Shop" }),
  ],
});

test("only terminals and pages with an address of the web are tabs", () => {
  expect(tabs.map((one) => one.id)).toEqual(["terminal-client", "db", "docs"]);
});

test.each<[object, string | undefined]>([
  [{ id: "db" }, "db"],
  [{ name: "Database" }, "db"],
  [{ machine: "server" }, "db"],
  [{ name: "client" }, "terminal-client"],
  [{ name: "Docs" }, "docs"],
  [{ machine: "nowhere" }, undefined],
])("%o is the tab %s", (wanted, id) => {
  expect(findTab({ fresh: false, ...wanted }, tabs)?.id).toBe(id);
});

test("a machine gets four terminals and no more", () => {
  const all: PlayTab[] = [...tabs];
  for (let made = additional("client", all); made; made = additional("client", all)) all.push(made);
  expect(all.filter((one) => one.machine === "client").map((one) => one.label)).toEqual([
    "client",
    "client 2",
    "client 3",
    "client 4",
  ]);
});
