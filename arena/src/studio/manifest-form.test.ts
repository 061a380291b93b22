import { jsonSchema } from "@agon/content/schema";
import { expect, test } from "vitest";
import { SHOWN, readForm } from "./manifest-form";

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  additionalProperties?: Schema | false;
}

/** A part of the format's own schema. */
function schemaAt(...path: string[]): Schema {
  const inner = (one: Schema): Schema => one.anyOf?.map(inner).find(isUseful) ?? one;
  const isUseful = (one: Schema) =>
    Boolean(one.properties ?? one.items ?? one.additionalProperties);
  let at = inner(jsonSchema("manifest") as Schema);
  for (const key of path)
    at = inner(
      (key === "[]"
        ? at.items
        : key === "*"
          ? (at.additionalProperties as Schema)
          : at.properties?.[key]) ?? {},
    );
  return at;
}

/** What the form leaves to the YAML, and says so; every other field of the format is in the form. */
const YAML_ONLY = {
  top: ["markdown", "cover"],
  spec: [
    "egress",
    "checkpoints",
    "startupFiles",
    "initConditions",
    "registryAuth",
    "portForwards",
    "accessControl",
    "access",
  ],
  machine: ["startupFiles"],
  // helper: an init task is none; timeoutSeconds: an older spelling; destination: of answers.
  initTask: ["helper", "timeoutSeconds", "destination"],
} as const;

const PLACES: Record<keyof typeof SHOWN, string[]> = {
  top: [],
  spec: ["playground"],
  machine: ["playground", "machines", "[]"],
  user: ["playground", "machines", "[]", "users", "[]"],
  drive: ["playground", "machines", "[]", "drives", "[]"],
  interface: ["playground", "machines", "[]", "network", "interfaces", "[]"],
  network: ["playground", "networks", "[]"],
  tab: ["playground", "tabs", "[]"],
  initTask: ["playground", "initTasks", "*"],
};

test.each(Object.keys(PLACES) as (keyof typeof SHOWN)[])(
  "each field that the format has for %s is in the form, or known to be in the YAML alone",
  (of) => {
    const fields = Object.keys(schemaAt(...PLACES[of]).properties ?? {});
    expect(fields.length).toBeGreaterThan(1);
    const left: readonly string[] = of in YAML_ONLY ? YAML_ONLY[of as keyof typeof YAML_ONLY] : [];
    expect([...SHOWN[of], ...left].toSorted()).toEqual(fields.toSorted());
  },
);

test("keys that the form does not show are told where they stand, unknown ones too", () => {
  const form = readForm(`
kind: playground
name: it
markdown: Text
playground:
  egress: none
  machines:
    - name: a
      kernel: { source: "6.1", snapshot: { id: 1 } }
      resources: { cpuCount: 1, gpu: 1 }
      startupFiles: [{ path: /a, content: x }]
      drives: [{ mount: /, size: 1GiB, readOnly: true }, { size: 1GiB, snapshot: x }]
      users: [{ name: a, shell: zsh }]
  tabs: [{ machine: a, wow: 1 }]
  initTasks: { one: { init: true, run: x, status: 40 } }
`)!;
  expect(form.rest).toEqual(["markdown", "egress"]);
  expect(form.machines[0]!.rest).toEqual([
    "startupFiles",
    "root drive's readOnly",
    "resources.gpu",
    "kernel.snapshot",
  ]);
  expect(form.machines[0]!.drives[0]!.rest).toEqual(["snapshot"]);
  expect(form.machines[0]!.users[0]!.rest).toEqual(["shell"]);
  expect(form.tabs[0]!.rest).toEqual(["wow"]);
  expect(form.initTasks[0]!.rest).toEqual(["status"]);
});
