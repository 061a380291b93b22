import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { serviceLog } from "@agon/daemon/log";
import type { Accelerator } from "../src/microvm/accelerator.ts";
import type { Shape } from "../src/microvm/qemu-line.ts";
import { QemuJail } from "../src/microvm/qemu-jail.ts";
import { Templates } from "../src/microvm/template.ts";

const folder = mkdtempSync(join(tmpdir(), "agon-key-"));
const jail = await QemuJail.make(folder);
afterAll(() => {
  jail[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const shape: Shape = {
  image: "debian-12",
  memoryMiB: 512,
  cpus: 1,
  interfaces: 1,
  kernel: "6.1",
  drives: [{ readOnly: undefined }],
  rootPosition: 0,
};
const accelerator: Accelerator = {
  kind: "tcg",
  reason: "",
  qemu: "7.2.22",
  tscKhz: 2_596_100,
  cpu: "max",
};
const artefacts = {
  kernels: { "6.1": "/kernels/a", "6.12": "/kernels/b" },
  drive: "/drive/a",
  tools: "/tools/a",
  disks: { "debian-12": "/disks/a", "debian-13": "/disks/b" } as Record<string, string>,
  pulled: join(folder, "pulled"),
  templates: join(folder, "templates"),
};
const key = (change: {
  shape?: Partial<Shape>;
  accelerator?: Partial<Accelerator>;
  artefacts?: Partial<typeof artefacts>;
}) =>
  new Templates(
    { ...artefacts, ...change.artefacts },
    { ...accelerator, ...change.accelerator },
    folder,
    jail,
    60_000,
    serviceLog("test"),
  ).key({ ...shape, ...change.shape });

test("a template is another one as soon as anything is that it is made of, and the same otherwise", () => {
  const changes: Parameters<typeof key>[0][] = [
    {},
    { shape: { image: "debian-13" } },
    { shape: { memoryMiB: 768 } },
    { shape: { cpus: 2 } },
    { shape: { interfaces: 2 } },
    { shape: { kernel: "6.12" } },
    { shape: { drives: [] } },
    { shape: { drives: [{ readOnly: 2 ** 30 }] } },
    { shape: { drives: [{ readOnly: 2 ** 31 }] } },
    { shape: { rootPosition: 1 } },
    { accelerator: { kind: "kvm", cpu: "features" } },
    { accelerator: { qemu: "7.2.23" } },
    { accelerator: { tscKhz: 2_600_000 } },
    { accelerator: { cpu: "features" } },
    { artefacts: { drive: "/drive/b" } },
    { artefacts: { kernels: { "6.1": "/kernels/c", "6.12": "/kernels/b" } } },
    { artefacts: { disks: { ...artefacts.disks, "debian-12": "/disks/c" } } },
  ];
  expect(new Set(changes.map(key)).size).toBe(changes.length);
  expect(key({})).toBe(key({}));
  // What it is not made of.
  expect(key({ artefacts: { disks: { ...artefacts.disks, "debian-13": "/disks/c" } } })).toBe(
    key({}),
  );
});
