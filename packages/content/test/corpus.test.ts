import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCatalogue } from "../src/load.ts";
import type { Part } from "../src/model.ts";
import { resolveName } from "../src/names.ts";
import { playable } from "../src/item.ts";
import { tabsOf } from "../src/tabs.ts";

const corpus = join(import.meta.dirname, "corpus");
const catalogue = await loadCatalogue(
  join(corpus, "challenges"),
  join(corpus, "playgrounds"),
  corpus,
);
const { items, playgrounds, challenges, problems, assets } = catalogue;
const item = (key: string) => items.get(key as never)!;

/** Names of a tree: kind path (tasks) [inner]. */
const tree = (parts: Part[]): unknown[] =>
  parts.map((part) => [
    `${part.kind} ${part.path}`,
    ...(part.tasks.length ? [part.tasks.map(({ name }) => name)] : []),
    ...(part.parts.length ? [tree(part.parts)] : []),
  ]);

test("the corpus holds every kind, and loads with the warnings that it is made to cause", () => {
  expect([...new Set([...items.values()].map(({ kind }) => kind))].sort()).toEqual([
    "blog-post",
    "challenge",
    "course",
    "roadmap",
    "shell-gym",
    "skill-path",
    "training",
    "tutorial",
    "vendor",
  ]);
  expect(
    problems.map(({ severity, code, file }) => [severity, code, file.slice(corpus.length + 1)]),
  ).toEqual([
    ["warning", "AG091", "playgrounds/lab/manifest.yaml"],
    ["warning", "AG022", "challenges/every-field/__static__/cover.png"],
    ["warning", "AG012", "courses/net-basics/9.start/1.hello/unit-1.md"],
    ["warning", "AG022", "courses/net-basics/10.layers/10.frames/__static__/frame.png"],
  ]);
});

test("1.3: modules, lessons and units by number, addressed by slug, name or folder", () => {
  expect(tree(item("course/net-basics").parts)).toEqual([
    ["module start", [["lesson start/hello", [["unit start/hello/unit-1"]]]]],
    [
      "module layers",
      [
        [
          "lesson layers/frames",
          ["verify_frame"],
          [["unit layers/frames/unit-9", ["verify_unit"]], ["unit layers/frames/look"]],
        ],
        ["lesson layers/arp"],
      ],
    ],
  ]);
  expect(item("course/net-basics").modular).toBe(true);
  expect(tree(item("course/flat-course").parts)).toEqual([["lesson first"], ["lesson second"]]);
  expect(item("course/flat-course").modular).toBe(false);
  expect(tree(item("skill-path/first-steps").parts)).toEqual([
    ["unit step-9"],
    ["unit step-10"],
    ["unit step-100"],
  ]);
  expect(tree(item("training/acme-2026").parts)).toEqual([
    ["program program", [["unit program/unit-10"]]],
  ]);
});

test("Q18: a unit shows its lesson's tasks, and has its own; a lesson can be played", () => {
  const [, layers] = item("course/net-basics").parts;
  const frames = layers!.parts[0]!;
  expect(frames.tasks[0]).toMatchObject({ name: "verify_frame", title: "Make one." });
  expect(frames.parts[0]!.tasks[0]).toMatchObject({ name: "verify_unit", title: "Make it." });
  expect(playable(item("course/net-basics"), "layers/frames")).toMatchObject({
    name: "net-basics/layers/frames",
    playground: { name: "lab-one" },
  });
  expect(playable(item("course/net-basics"), "layers/arp")).toBeUndefined();
  expect(playable(item("tutorial/read-a-frame"))?.playground.name).toBe("lab-one");
});

test("1.2: a name is found exactly, without the suffix of a folder, and with one that the folder lacks", () => {
  const names = new Map([...challenges.keys()].map((name) => [name, name]));
  expect(resolveName(names, "break-the-bridge")).toBe("break-the-bridge-6e81f2aa");
  expect(resolveName(names, "break_the_bridge")).toBe("break-the-bridge-6e81f2aa");
  expect(resolveName(names, "every-field-0123abcd")).toBe("every-field");
  expect(resolveName(names, "every-fiel")).toBeUndefined();
});

test("1.4: lessons have assets of their own; all are in one flat namespace, by hash and by name", () => {
  const frames = item("course/net-basics").parts[1]!.parts[0]!;
  const hash = frames.assets["__static__/frame.png"]!;
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(hash).not.toBe(item("tutorial/read-a-frame").assets["__static__/frame.png"]);
  expect(assets.get(hash)).toMatchObject({ name: "frame.png", size: 1 });
  expect(assets.get("frame.png")!.file).toContain("tutorials/read-a-frame");
  const picture = item("challenge/every-field").assets["__static__/pics/one.png"]!;
  expect(picture).toBe(
    createHash("sha256")
      .update(readFileSync(assets.get("one.png")!.file))
      .digest("hex")
      .slice(0, 16),
  );
});

test("2: every field of the front matter is read, and keys that nobody knows are kept", () => {
  expect(item("challenge/every-field")).toMatchObject({
    title: "Every field of a challenge",
    difficulty: "hard",
    categories: ["linux", "networking"],
    tags: ["format", "test"],
    createdAt: "2026-01-02",
    updatedAt: "2026-03-04T05:06:07",
    cover: "__static__/cover.png",
    vars: ["PORT", "PLAIN", "URL"],
    meta: { source: "private keys stay", workingTitle: "kept as well" },
    solutions: [
      { file: "solution-01.md", title: "The short way" },
      { file: "solution-02.md", title: "The long way" },
    ],
    scripts: { ".solution-01.sh": expect.stringContaining("retry=5") },
  });
  expect(item("skill-path/first-steps").difficulties).toEqual(["easy", "medium"]);
  expect(item("shell-gym/warm-up").meta["shellgym"]).toEqual({ anything: [1, 2] });
});

test("2.4: keys of embed maps with _ and with - name the same, lessons are kept", () => {
  expect(item("challenge/every-field").embeds).toEqual([
    { key: "old-spellings", kind: "challenge", name: "old-spellings", lessons: [] },
    { key: "break-the-bridge", kind: "challenge", name: "break-the-bridge", lessons: [] },
    { key: "read-a-frame", kind: "tutorial", name: "read-a-frame", lessons: [] },
    { key: "first-steps", kind: "skill-path", name: "first-steps", lessons: [] },
    { key: "net-basics", kind: "course", name: "net-basics", lessons: ["layers/frames"] },
    { key: "the-map", kind: "roadmap", name: "the-map", lessons: [] },
    { key: "lab", kind: "playground", name: "lab", lessons: [] },
  ]);
  expect(item("challenge/old-spellings").embeds.map(({ name }) => name)).toEqual([
    "every-field",
    "read-a-frame",
  ]);
});

test("3.3: every field of a manifest", () => {
  const lab = playgrounds.get("lab")!;
  expect(lab).toMatchObject({
    title: "A laboratory with everything",
    description: "Every field of a manifest, in one place.",
    categories: ["linux", "networking"],
    cover: "__static__/cover.png",
    markdown: "The laboratory, in long words.\n",
    registryAuth: "user:secret",
    accessControl: {
      canList: ["owner", "github:somebody", "user:1234"],
      canRead: ["authenticated"],
      canStart: ["anyone"],
    },
    networks: [
      { name: "front", subnet: "172.16.0.0/24", gateway: "172.16.0.1", private: false },
      { name: "back", subnet: "10.20.0.0/16", gateway: "10.20.0.1", private: true },
    ],
    portForwards: [{ kind: "local", machine: "web-01", localPort: "8080", remotePort: "80" }],
    initConditions: [
      { key: "Which database?", default: "pg", options: ["pg", "my"], nullable: false },
      {
        key: "Note",
        default: "",
        nullable: true,
        placeholder: "anything",
        validationRegex: "^.*$",
      },
    ],
  });
  const [web, vault] = lab.machines;
  expect(web).toMatchObject({
    kernel: "6.1",
    backend: "firecracker",
    defaultUser: "laborant",
    interfaces: [
      { network: "front", address: "172.16.0.10/24" },
      { network: "back", address: "10.20.0.2/16" },
    ],
    drives: [
      { mount: "/data", filesystem: "xfs" },
      { mount: "", filesystem: "" },
      { mount: "/ro", filesystem: "ext4", readOnly: true },
      { mount: "/mnt/rescue", filesystem: "ext4", source: "debian-13" },
    ],
  });
  expect(vault).toMatchObject({ kernel: "6.1", noSSH: true, defaultUser: "laborant" });
  expect(lab.startupFiles[0]!.mode).toBe(0o644);
  expect(tabsOf(lab).map(({ kind, id }) => `${kind} ${id}`)).toEqual([
    "terminal terminal-web-01",
    "ide ide-web-01",
    "http-port shop",
    "web-page web-page-web-01",
  ]);
});

test("3.5: access, tabs, ports and kernels as older manifests write them", () => {
  const one = playgrounds.get("lab-one")!;
  expect(one.accessControl).toEqual({
    canList: ["owner"],
    canRead: ["owner"],
    canStart: ["owner"],
  });
  expect(one.machines[0]!.kernel).toBe("");
  expect(one.portForwards).toEqual([
    {
      kind: "remote",
      machine: "one",
      localHost: "127.0.0.1",
      localPort: "9",
      remotePort: "80",
      remoteHost: "127.0.0.1",
    },
  ]);
  expect(tabsOf(one).map(({ id }) => id)).toEqual(["terminal-one"]);
});

test("3.2: the block's machines, tabs and login replace the base's; the rest is inherited", () => {
  const { playground } = challenges.get("every-field")!;
  expect(playground.machines.map(({ name }) => name)).toEqual(["web-01", "vault-01"]);
  expect(playground.machines[0]).toMatchObject({
    cpuCount: 2,
    memoryBytes: 1024 ** 3,
    kernel: "6.1",
    users: [{ welcome: "Work here." }],
    startupFiles: [{ path: "/etc/profile.d/shop.sh", owner: "root:root", mode: 0o644 }],
  });
  expect(playground.tabs).toMatchObject([
    { kind: "terminal" },
    { kind: "http-port", number: 30090 },
  ]);
  expect(playground.registryAuth).toBe("a:b");
  expect(playground.portForwards).toHaveLength(1);
  expect(challenges.get("every-field")!.tasks.map(({ name }) => name)).toEqual([
    "init_base",
    "init_db",
    "init_block",
    "init_token",
    "init_app",
    "helper_knock",
    "verify_token",
    "verify_driver",
    "verify_url",
    "var_PORT",
    "var_PLAIN",
  ]);
});

test("hints of a challenge are taken out of its text; those of a tutorial stay", () => {
  const challenge = item("challenge/every-field");
  expect(challenge.hints).toEqual([{ id: "hint-1", title: "Hint 1", body: "A secret." }]);
  expect(challenge.body).not.toContain("A secret.");
  expect(item("tutorial/read-a-frame").body).toContain("cost nothing");
});
