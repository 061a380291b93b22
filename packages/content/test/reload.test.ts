import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCatalogue } from "../src/load.ts";
import { folderWith, HEAD, shippedPlaygrounds } from "./folders.ts";

const index = (title: string, playground = "debian-stable") =>
  `${HEAD.replace("A challenge for a test", title)}playground: ${playground}\ntasks:\n  verify_a: { run: echo no; false }\n---\n::simple-task{name=verify_a}\n::\n`;

test("a folder that did not change is what it was; one that did is read, and so are all when a playground changes", async () => {
  using folder = folderWith({
    "challenges/one/index.md": index("The first of two"),
    "challenges/two/index.md": index("The second of two", "lab"),
    "challenges/odd/index.md": index("[", "lab"),
    "playgrounds/lab/manifest.yaml":
      "kind: playground\nname: lab\ntitle: A laboratory\nplayground:\n  machines:\n    - { name: lab-01, drives: [{ source: debian-12, mount: / }] }\n  accessControl: { canList: [anyone], canRead: [anyone], canStart: [anyone] }\n",
  });
  const load = () =>
    loadCatalogue(join(folder.path, "challenges"), shippedPlaygrounds, folder.path);
  const first = await load();
  expect(first.problems.length).toBeGreaterThan(0);
  const again = await load();
  expect(again.challenges.get("one")).toBe(first.challenges.get("one"));
  expect(again.problems).toEqual(first.problems);

  // Of equal length, and later: what tells is the time.
  const file = join(folder.path, "challenges/one/index.md");
  writeFileSync(file, index("The other of two"));
  utimesSync(file, new Date(), new Date(Date.now() + 5_000));
  const changed = await load();
  expect(changed.challenges.get("one")!.title).toBe("The other of two");
  expect(changed.challenges.get("two")).toBe(first.challenges.get("two"));

  const manifest = join(folder.path, "playgrounds/lab/manifest.yaml");
  writeFileSync(
    manifest,
    "kind: playground\nname: lab\ntitle: A laboratory\nplayground:\n  machines:\n    - { name: lab-01, noSSH: true, drives: [{ source: debian-12, mount: / }] }\n",
  );
  const moved = await load();
  expect(moved.challenges.get("two")!.playground.machines[0]!.noSSH).toBe(true);
});
