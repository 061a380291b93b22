import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { filesFrom } from "../src/files.ts";
import { readMachine } from "../src/machines.ts";
import type { Machine, Playground } from "../src/model.ts";
import { complete } from "../src/networks.ts";
import { readBlock } from "../src/block.ts";
import { Source } from "../src/source.ts";

const NAMES = ["one", "two", "three", "four"];

/** Fields of a machine that an override may give, as YAML would hold them. */
const fields = fc.record(
  {
    users: fc.constantFrom(
      [{ name: "laborant", default: true, welcome: "Hi" }],
      [{ name: "root" }, { name: "eve", default: true }],
    ),
    noSSH: fc.boolean(),
    kernel: fc.constantFrom("6.1", "6.12"),
    backend: fc.constantFrom("microvm", "firecracker"),
    resources: fc.record(
      {
        cpuCount: fc.integer({ min: 1, max: 9 }),
        ramSize: fc.constantFrom("256MiB", "1Gi", "64G"),
      },
      { requiredKeys: [] },
    ),
    startupFiles: fc.constantFrom(
      [],
      [{ path: "/a", content: "a" }],
      [{ path: "/b", content: "b", mode: "600" }],
    ),
    network: fc.constant({ interfaces: [{ network: "net" }] }),
  },
  { requiredKeys: [] },
);

function baseOf(machines: object[]): Playground {
  return complete({
    name: "base",
    title: "base",
    machines: machines.map((spec, index) =>
      readMachine({ name: NAMES[index], ...spec }, undefined, undefined),
    ),
    networks: [{ name: "net", subnet: "10.0.0.0/24", gateway: "", private: false }],
    startupFiles: [],
    initTasks: [],
    initConditions: [],
  });
}

function merged(
  base: Playground,
  block: object,
): { result: Playground | undefined; source: Source } {
  const text = `---\n${stringify({ playground: { name: "base", ...block } })}---\n`;
  const source = new Source(
    filesFrom("", new Map([["index.md", Buffer.from(text)]])),
    "index.md",
    true,
  );
  return { result: readBlock(source, new Map([["base", base]])), source };
}

const KEY: Record<string, keyof Machine> = {
  users: "users",
  noSSH: "noSSH",
  kernel: "kernel",
  backend: "backend",
  startupFiles: "startupFiles",
};

test("property: exactly the listed machines exist, in the list's order; a given field replaces as a whole, others are the base's", () => {
  fc.assert(
    fc.property(
      fc.array(fields, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(3), fields), { maxLength: 4 }),
      (machines, overrides) => {
        const base = baseOf(machines);
        const listed = overrides
          .map(([at, spec]) => ({ name: NAMES[at % machines.length]!, ...spec }))
          .filter((one, index, all) => all.findIndex(({ name }) => name === one.name) === index);
        const { result, source } = merged(base, listed.length ? { machines: listed } : {});
        expect(source.problems.filter(({ severity }) => severity === "error")).toEqual([]);
        const wanted = listed.length ? listed : base.machines.map(({ name }) => ({ name }));
        expect(result!.machines.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
        for (const override of wanted as Record<string, unknown>[]) {
          const machine = result!.machines.find(({ name }) => name === override["name"])!;
          const inherited = base.machines.find(({ name }) => name === override["name"])!;
          for (const [key, field] of Object.entries(KEY))
            if (override[key] === undefined) expect(machine[field]).toEqual(inherited[field]);
          if (override["users"])
            expect(machine.users.map(({ name }) => name)).toEqual(
              (override["users"] as { name: string }[]).map(({ name }) => name),
            );
          if (override["startupFiles"])
            expect(machine.startupFiles.map(({ path }) => path)).toEqual(
              (override["startupFiles"] as { path: string }[]).map(({ path }) => path),
            );
          expect(machine.image).toBe(inherited.image);
          // More than one machine gets is lowered, never refused.
          expect(machine.cpuCount).toBeLessThanOrEqual(2);
          expect(machine.memoryBytes).toBeLessThanOrEqual(4 * 1024 ** 3);
        }
        // Addresses are of the network, and no two are the same.
        const addresses = result!.machines.flatMap(({ interfaces }) =>
          interfaces.map(({ address }) => address),
        );
        expect(new Set(addresses).size).toBe(addresses.length);
      },
    ),
    { numRuns: 150 },
  );
});

test("property: a machine that the base does not have is refused, whatever else the block says", () => {
  fc.assert(
    fc.property(fields, fields, (machine, override) => {
      const { result, source } = merged(baseOf([machine]), {
        machines: [{ ...override, name: "moon" }],
      });
      expect(result).toBeUndefined();
      expect(source.problems.map(({ code }) => code)).toContain("AG031");
    }),
    { numRuns: 50 },
  );
});

test("property: merging never changes the base", () => {
  fc.assert(
    fc.property(fields, fields, (machine, override) => {
      const base = baseOf([machine, {}]);
      const before = structuredClone(base);
      merged(base, { machines: [{ name: "one", ...override }] });
      expect(base).toEqual(before);
    }),
    { numRuns: 50 },
  );
});
