import { afterEach, expect, test } from "vitest";
import { filesOnDisk } from "../src/files.ts";
import { loadCatalogue } from "../src/load.ts";
import { readPlayground } from "../src/manifest.ts";
import type { Catalogue } from "../src/model.ts";
import { folderWith, shippedPlaygrounds, short } from "./folders.ts";

const open: Disposable[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]();
});

const BASE = `kind: playground
name: aa-last-in-line
title: A base with two machines
categories: [linux]
playground:
  networks: [{ name: lan, subnet: 10.9.0.0/24 }]
  egress: open
  machines:
    - { name: one, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{ network: lan }] } }
    - { name: two, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{ network: lan }] } }
  tabs: [{ machine: one }, { machine: two }]
  initTasks:
    init_one: { init: true, machine: one, run: "touch /base" }
    init_two: { init: true, machine: two, run: "touch /two" }
`;

async function derived(manifest: string, base = BASE): Promise<Catalogue> {
  // Folders are read by name: a base comes before what is derived from it wherever it stands.
  const folder = folderWith({
    "playgrounds/zz-base/manifest.yaml": base,
    "playgrounds/a-derived/manifest.yaml": `kind: playground\nname: my-lab\nbase: aa-last-in-line\ntitle: My laboratory\n${manifest}`,
    "challenges/it/index.md":
      "---\nkind: challenge\ntitle: It is derived\nplayground: my-lab\n---\n",
  });
  open.push(folder);
  return loadCatalogue(`${folder.path}/challenges`, `${folder.path}/playgrounds`);
}
const about = ({ problems }: Catalogue) =>
  problems.filter(({ file }) => file.endsWith("manifest.yaml")).map(short);

test("a manifest with a base and nothing else is the base under another name", async () => {
  const found = await derived("");
  expect(about(found)).toEqual([]);
  const [mine, base] = ["my-lab", "aa-last-in-line"].map((name) => found.playgrounds.get(name)!);
  expect(mine).toMatchObject({ name: "my-lab", base: "aa-last-in-line", categories: ["linux"] });
  for (const field of ["machines", "networks", "egress", "tabs", "initTasks"] as const)
    expect(mine![field], field).toEqual(base![field]);
});

test("what a manifest gives replaces the base's, machine by machine and task by task", async () => {
  const found = await derived(`playground:
  machines: [{ name: two, resources: { ramSize: 1GiB } }]
  initTasks:
    init_two: { init: true, machine: two, run: "touch /mine" }
`);
  const mine = found.playgrounds.get("my-lab")!;
  expect(mine.machines).toMatchObject([
    { name: "two", image: "debian-12", memoryBytes: 1024 ** 3, interfaces: [{ network: "lan" }] },
  ]);
  expect(mine.tabs?.map(({ machine }) => machine)).toEqual(["two"]);
  expect(mine.initTasks.map(({ name, run }) => [name, run])).toEqual([["init_two", "touch /mine"]]);
  expect(about(found)).toEqual([
    "5:1 init task init_one of the playground is left out: there is no machine one here",
  ]);
});

test("the machines of a base are a closed set, and their root drives stay; flexbox takes any", async () => {
  const other = `playground:
  machines:
    - { name: three, users: [{ name: laborant }], drives: [{ source: debian-12, mount: / }], network: { interfaces: [{}] } }
`;
  expect(about(await derived(other))).toEqual([
    '7:7 playground aa-last-in-line has no machine "three"',
  ]);
  expect(
    about(
      await derived(
        "playground: { machines: [{ name: one, drives: [{ source: docker, mount: / }] }] }\n",
      ),
    ),
  ).toEqual([expect.stringContaining('cannot be replaced by "docker"')]);
  const folder = folderWith({
    "mine/manifest.yaml": `kind: playground\nname: mine\nbase: flexbox\ntitle: My own machines\n${other}`,
  });
  open.push(folder);
  const { playgrounds } = await loadCatalogue("", shippedPlaygrounds);
  const problems: Catalogue["problems"] = [];
  const mine = readPlayground(filesOnDisk(`${folder.path}/mine`), problems, playgrounds);
  expect(problems).toEqual([]);
  expect(mine?.machines.map(({ name }) => name)).toEqual(["three"]);
});

test("a base that is not here is an error only where something must come from it; a circle is told, too", async () => {
  const lost = await derived("", BASE.replace("aa-last-in-line", "another"));
  expect(about(lost)).toEqual([
    '3:7 the base "aa-last-in-line" is not here, and no machines are listed',
  ]);
  // A dump is whole without its base.
  const dump = await derived("", BASE.replace("title:", "base: k3s\ntitle:"));
  expect(about(dump)).toEqual([]);
  const circle = await derived(
    "",
    `kind: playground\nname: aa-last-in-line\nbase: my-lab\ntitle: In a circle\n`,
  );
  expect(about(circle).filter((one) => one.includes("is not here"))).toHaveLength(2);
});
