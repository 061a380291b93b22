import { expect, test } from "vitest";
import { parse } from "yaml";
import { SPEC } from "./manifest-form";
import {
  mentionsOf,
  referencesTo,
  removeNamed,
  rename,
  renameMentions,
} from "./manifest-references";

const TEXT = `kind: playground
name: it # mine
title: Two machines
playground:
  networks: [{ name: local, subnet: 172.16.0.0/24 }, { name: back, subnet: 10.0.0.0/24 }]
  machines:
    - name: web
      users: [{ name: laborant, welcome: "The web is on web, not web-2." }]
      network: { interfaces: [{ network: local }, { network: back }] }
    - name: db
      network: { interfaces: [{ network: back }] }
  tabs:
    - { machine: web }
    - { kind: http-port, name: Shop, machine: "web", number: 80, pane: right } # the shop
    - { machine: db }
  startupFiles:
    - { path: /etc/a, content: x, machines: [web, db] }
    - { path: /etc/b, content: x, machines: [web] }
  portForwards: [{ kind: local, machine: web, localPort: 1 }]
  initTasks:
    init_db:
      init: true
      machine: db
      run: openssl rand 4
    init_web: # first the database
      init: true
      machine: web
      needs: [init_db]
      env:
        - KEY=x(.needs.init_db.stdout)
      run: |
        ssh db.back 'ping -c1 web'
        echo init_db
`;

const where = (kind: "machines" | "networks" | "initTasks", name: string) =>
  referencesTo(TEXT, kind, name).map((one) => one.where);

test("everything that names a machine, network or init task is found, in the words of the form", () => {
  expect(where("machines", "web")).toEqual([
    "tab 1",
    "tab 2",
    "init task init_web",
    "startup file /etc/a",
    "startup file /etc/b",
    "port forward 1",
  ]);
  expect(where("networks", "back")).toEqual(["eth1 of web", "eth0 of db"]);
  expect(where("initTasks", "init_db")).toEqual(["needs of init task init_web"]);
  expect(mentionsOf(TEXT, "web").map((one) => one.where)).toEqual([
    "welcome of machine web",
    "run of init task init_web",
  ]);
});

test("a new name of a machine is followed by all that names it, and by nothing else; texts when their author says so", () => {
  const after = rename(TEXT, "machines", 0, "web", "shop-01");
  expect(referencesTo(after, "machines", "web")).toEqual([]);
  expect(referencesTo(after, "machines", "shop-01")).toHaveLength(6);
  const changed = TEXT.split("\n").filter((line, at) => after.split("\n")[at] !== line);
  expect(changed).toHaveLength(7);
  expect(after).toContain('machine: "shop-01", number: 80, pane: right } # the shop');
  // The word stays until the author wants it changed.
  expect(after).toContain("ping -c1 web");
  const everywhere = renameMentions(after, "web", "shop-01");
  expect(everywhere).toContain('welcome: "The shop-01 is on shop-01, not web-2."');
  expect(everywhere).toContain("ssh db.back 'ping -c1 shop-01'");
  expect(rename(after, "machines", 0, "shop-01", "web")).toBe(TEXT);
});

test("a new name of a network is followed by interfaces, one of an init task by needs and templates", () => {
  const net = rename(TEXT, "networks", 1, "back", "inner");
  expect(net).toBe(
    TEXT.replace("name: back", "name: inner").replaceAll("network: back", "network: inner"),
  );
  const task = rename(TEXT, "initTasks", 0, "init_db", "init_data");
  expect(task).toBe(
    TEXT.replace("    init_db:", "    init_data:")
      .replace("needs: [init_db]", "needs: [init_data]")
      .replace(".needs.init_db.", ".needs.init_data."),
  );
});

test("a task that needs others is renamed, and keeps its needs and comments", () => {
  expect(rename(TEXT, "initTasks", 1, "init_web", "init_shop")).toBe(
    TEXT.replace("init_web: #", "init_shop: #"),
  );
});

test("what named a removed machine goes with it, or to another one", () => {
  const gone = parse(removeNamed(TEXT, "machines", 0, "web", undefined))[SPEC];
  expect(gone.machines.map(({ name }: { name: string }) => name)).toEqual(["db"]);
  expect(gone.tabs).toEqual([{ machine: "db" }]);
  // A file for web alone would be one for all machines without its list.
  expect(gone.startupFiles).toEqual([{ path: "/etc/a", content: "x", machines: ["db"] }]);
  expect(gone.portForwards).toBeUndefined();
  expect(Object.keys(gone.initTasks)).toEqual(["init_db"]);
  const given = parse(removeNamed(TEXT, "machines", 0, "web", "db"))[SPEC];
  expect(given.tabs).toEqual([
    { machine: "db" },
    { kind: "http-port", name: "Shop", machine: "db", number: 80, pane: "right" },
    { machine: "db" },
  ]);
  expect(given.startupFiles.map(({ machines }: { machines: string[] }) => machines)).toEqual([
    ["db"],
    ["db"],
  ]);
  expect(given.initTasks.init_web.machine).toBe("db");
});

test("a machine's init tasks go with it, and with them the needs of others", () => {
  const gone = parse(removeNamed(TEXT, "machines", 1, "db", undefined))[SPEC];
  expect(Object.keys(gone.initTasks)).toEqual(["init_web"]);
  expect(gone.initTasks.init_web.needs).toBeUndefined();
});

test("a removed network takes its interfaces along, or gives them another network; a removed task the needs of it", () => {
  const net = parse(removeNamed(TEXT, "networks", 1, "back", undefined))[SPEC];
  expect(net.machines[0].network).toEqual({ interfaces: [{ network: "local" }] });
  expect(net.machines[1].network).toBeUndefined();
  const given = parse(removeNamed(TEXT, "networks", 1, "back", "local"))[SPEC];
  expect(given.machines[1].network).toEqual({ interfaces: [{ network: "local" }] });
  const task = parse(removeNamed(TEXT, "initTasks", 0, "init_db", undefined))[SPEC];
  expect(task.initTasks.init_web.needs).toBeUndefined();
});

test("anchors are kept, and what an alias repeats is not torn out of the text", () => {
  const text = TEXT.replace("name: web\n", "name: &m web\n").replace(
    "machine: web }",
    "machine: *m }",
  );
  const after = rename(text, "machines", 0, "web", "shop-01");
  expect(after).toContain("name: &m shop-01\n");
  expect(after).toContain("machine: *m }");
  expect(parse(after)[SPEC].tabs[0]).toEqual({ machine: "shop-01" });
  // Of the tab nobody can tell that it names web: without its anchor it would name nothing.
  expect(removeNamed(text, "machines", 0, "web", undefined)).toBe(text);
});
