import { expect, test } from "vitest";
import { dumpSpec } from "../src/dump.ts";
import { filesFrom } from "../src/files.ts";
import { loadCatalogue } from "../src/load.ts";
import { readPlayground } from "../src/manifest.ts";
import { withAccess, writeManifest } from "../src/manifest-text.ts";
import type { Problem } from "../src/model.ts";
import { shippedPlaygrounds } from "./folders.ts";

const read = (text: string, problems: Problem[] = []) =>
  readPlayground(filesFrom("", new Map([["manifest.yaml", Buffer.from(text)]])), problems);

test("the dump of each shipped playground, and of the corpus', makes the same playground again", async () => {
  const corpus = `${import.meta.dirname}/corpus`;
  const all = [
    ...(await loadCatalogue("", shippedPlaygrounds)).playgrounds.values(),
    ...(await loadCatalogue("", `${corpus}/playgrounds`)).playgrounds.values(),
  ].filter(({ machines }) => machines.length > 0);
  expect(all.length).toBeGreaterThan(5);
  for (const one of all) {
    const { name, title, description, categories } = one;
    const head = { kind: "playground", name, title, description, categories };
    const problems: Problem[] = [];
    const again = read(
      writeManifest({ ...head, playground: dumpSpec(one, { scripts: true }) }),
      problems,
    );
    expect(
      problems.filter(({ severity }) => severity === "error"),
      name,
    ).toEqual([]);
    const plain = (from: typeof one) => ({
      machines: from.machines.map((machine) => ({
        ...machine,
        startupFiles: machine.startupFiles.filter(({ encoding }) => encoding === "utf8"),
      })),
      networks: from.networks,
      tabs: from.tabs,
      initTasks: from.initTasks,
      initConditions: from.initConditions,
      portForwards: from.portForwards,
      registryAuth: from.registryAuth,
    });
    expect(plain(again!), name).toEqual(plain(one));
  }
});

test("a dump for learners tells neither scripts nor the registry's login", () => {
  const playground = read(
    "kind: playground\nname: lab\ntitle: A laboratory\nplayground:\n  registryAuth: keeper:secret-login\n  machines: [{ name: lab-01 }]\n  initTasks: { init_it: { init: true, run: echo secret-script } }\n",
  )!;
  expect(JSON.stringify(dumpSpec(playground, { scripts: false }))).not.toContain("secret");
  expect(JSON.stringify(dumpSpec(playground, { scripts: true }))).toContain("secret-login");
});

test("other access lists change nothing else of a manifest's text", () => {
  const text =
    "kind: playground # a comment\nname: lab\nplayground:\n  machines: [{ name: lab-01 }]\n  access: { mode: public }\n";
  const changed = withAccess(text, {
    canList: ["owner"],
    canRead: ["anyone"],
    canStart: ["user:1"],
  });
  expect(changed).toBe(
    "kind: playground # a comment\nname: lab\nplayground:\n  machines: [ { name: lab-01 } ]\n  accessControl: { canList: [ owner ], canRead: [ anyone ], canStart: [ user:1 ] }\n",
  );
  expect(withAccess("kind: [", {})).toBeUndefined();
});
