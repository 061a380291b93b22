import fc from "fast-check";
import { expect, test } from "vitest";
import { STARTER, addItem, freeName, removeItem, rootDrive, setValue } from "./manifest";
import { faultOf, readForm } from "./manifest-form";

test("the form shows what the text says", () => {
  expect(readForm(STARTER)).toMatchObject({
    name: "my-lab",
    machines: [
      {
        name: "lab-01",
        image: "debian-12",
        users: [{ name: "laborant", default: true, welcome: "" }],
        cpuCount: "1",
        ramSize: "512MiB",
        size: "2GiB",
        networks: [{ network: "local", address: "" }],
      },
    ],
    networks: [{ name: "local", subnet: "172.16.0.0/24", private: false }],
    initTasks: [{ name: "init_ground", machine: "lab-01", run: "mkdir -p /srv/lab" }],
  });
});

test("a change of the form changes its value in the text, and keeps comments and everything that no form shows", () => {
  const text = STARTER.replace("title: My", "future: { key: 1 } # ours\ntitle: My");
  const after = setValue(text, ["playground", "machines", 0, "resources", "cpuCount"], 2);
  expect(readForm(after)!.machines[0]!.cpuCount).toBe("2");
  expect(after).toContain("# ours");
  expect(after).toContain("# The root drive: its source is the image of the machine.");
  expect(after.replace("cpuCount: 2", "cpuCount: 1")).toBe(text);
  expect(setValue(after, ["title"], "")).not.toContain("title:");
});

test("drives besides the root drive are shown with their place in the list, added, changed and taken away", () => {
  const at = ["playground", "machines", 0, "drives"];
  let text = addItem(STARTER, at, { size: "1GiB", mount: "/data" });
  text = addItem(text, at, { size: "2GiB", source: "debian-12" });
  expect(readForm(text)!.machines[0]).toMatchObject({
    size: "2GiB",
    drives: [
      { at: 1, source: "", mount: "/data", size: "1GiB", filesystem: "" },
      { at: 2, source: "debian-12", mount: "", size: "2GiB", filesystem: "" },
    ],
  });
  text = setValue(text, [...at, 1, "filesystem"], "xfs");
  text = removeItem(text, [...at, 2]);
  expect(readForm(text)!.machines[0]!.drives).toMatchObject([
    { at: 1, source: "", mount: "/data", size: "1GiB", filesystem: "xfs" },
  ]);
  expect(text).toContain("# The root drive");
});

test("machines, networks, tabs and init tasks are added and taken away", () => {
  let text = addItem(STARTER, ["playground", "machines"], { name: "lab-02" });
  text = addItem(text, ["playground", "tabs"], { kind: "terminal", machine: "lab-02" });
  text = setValue(text, ["playground", "initTasks", "init_more"], { init: true, run: "true" });
  const form = readForm(text)!;
  expect(form.machines.map(({ name }) => name)).toEqual(["lab-01", "lab-02"]);
  expect(form.tabs).toMatchObject([{ kind: "terminal", machine: "lab-02", name: "", number: "" }]);
  expect(form.initTasks.map(({ name }) => name)).toEqual(["init_ground", "init_more"]);
  text = removeItem(text, ["playground", "machines", 0]);
  expect(readForm(text)!.machines.map(({ name }) => name)).toEqual(["lab-02"]);
  // A machine without drives gets its root drive as the first one.
  text = setValue(text, [...rootDrive(text, 0), "source"], "debian-12");
  text = setValue(text, [...rootDrive(text, 0), "mount"], "/");
  expect(readForm(text)!.machines[0]!.image).toBe("debian-12");
});

test("whatever is typed into the text, nothing throws; while it is no YAML the form is locked", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(STARTER.length), (some, at) => {
      const text = STARTER.slice(0, at) + some + STARTER.slice(at);
      readForm(text);
      setValue(text, ["title"], "x");
    }),
  );
  expect(readForm("a: [")).toBeUndefined();
  expect(faultOf(STARTER)).toBeUndefined();
  expect(faultOf("a: 1\nb:\n\t- c\n")).toMatchObject({ line: 3, column: 1 });
  expect(faultOf("- 1\n")).toMatchObject({ line: 1, column: 1 });
  expect(faultOf("words")).toMatchObject({ line: 1 });
  expect(setValue("a: [", ["title"], "x")).toBe("a: [");
});

test("what is added and taken away leaves every other byte as it was", () => {
  const machine = ["playground", "machines", 0];
  const steps: [string, (text: string) => string][] = [
    ["a drive", (text) => addItem(text, [...machine, "drives"], { size: "1GiB", mount: "/data" })],
    ["its file system", (text) => setValue(text, [...machine, "drives", 1, "filesystem"], "xfs")],
    [
      "a network",
      (text) => addItem(text, ["playground", "networks"], { name: "b", subnet: "10.0.0.0/24" }),
    ],
    ["a machine", (text) => addItem(text, ["playground", "machines"], { name: "lab-02" })],
    ["a flag", (text) => setValue(text, [...machine, "noSSH"], true)],
    ["a first tab", (text) => addItem(text, ["playground", "tabs"], { machine: "lab-01" })],
  ];
  let text = STARTER.replaceAll("\n", " # kept\n").replace(" # kept\n", "\n");
  for (const [what, act] of steps) {
    const before = text.split("\n");
    text = act(text);
    // Lines stay as they were but for one that may have become longer; new ones stand between them.
    const changed = before.filter((line) => !text.split("\n").includes(line));
    expect(changed.length, `${what}\n${text}`).toBeLessThanOrEqual(1);
  }
  expect(readForm(text)).toMatchObject({
    machines: [
      { name: "lab-01", noSSH: true, drives: [{ mount: "/data", filesystem: "xfs" }] },
      { name: "lab-02" },
    ],
    networks: [{ name: "local" }, { name: "b" }],
    tabs: [{ machine: "lab-01" }],
  });
  text = removeItem(text, [...machine, "drives", 1]);
  text = removeItem(text, ["playground", "networks", 1]);
  text = removeItem(text, ["playground", "machines", 1]);
  text = removeItem(text, ["playground", "tabs"]);
  text = setValue(text, [...machine, "noSSH"], undefined);
  expect(text).toBe(STARTER.replaceAll("\n", " # kept\n").replace(" # kept\n", "\n"));
});

test("names go on counting", () => {
  expect(freeName(["lab-01", "lab-02"], "lab-")).toBe("lab-03");
});
