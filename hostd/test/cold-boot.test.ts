import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { kernelFolder } from "../src/microvm/artefacts.ts";
import { qemusOf } from "../src/microvm/qemu-process.ts";
import { HostRig, machine, play } from "./host-rig.ts";
import { ownCaches } from "./own-caches.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const base = mkdtempSync(join(tmpdir(), "agon-cold-"));
const artefacts = ownCaches(given, base);
const good = kernelFolder(artefacts);
/** A kernel whose first process says so and does nothing more, until {@link mend}. */
const hangs = join(base, "hangs");
/** One whose first process ends. */
const ends = join(base, "ends");
artefacts.kernels = { ...artefacts.kernels, hangs, ends };
/** Seconds of the first attempt, on a calm computer; each attempt has as many more. */
const SECONDS = 5;
const rig = new HostRig(JSON.stringify(artefacts), here(), "0", {
  AGON_BOOT_SECONDS: String(SECONDS),
});

/** A good kernel, and a first process of ours: of archives behind each other the last one's file counts. */
async function makeKernel(folder: string, init: string): Promise<void> {
  const tree = join(base, "tree");
  mkdirSync(tree);
  mkdirSync(folder);
  await writeFile(join(tree, "init"), `#!/bin/busybox sh\n${init}\n`, { mode: 0o755 });
  const archive = await execa(
    "sh",
    ["-c", "echo init | busybox cpio -o -H newc 2>/dev/null | gzip"],
    {
      cwd: tree,
      encoding: "buffer",
      stripFinalNewline: false,
    },
  );
  copyFileSync(join(good, "vmlinuz"), join(folder, "vmlinuz"));
  const initrd = await readFile(join(good, "initrd.gz"));
  await writeFile(join(folder, "initrd.gz"), Buffer.concat([initrd, archive.stdout]));
  rmSync(tree, { recursive: true });
}

/** The next boot gets the good initrd; a QEMU that runs has the one that it began with. */
function mend(): void {
  copyFileSync(join(good, "initrd.gz"), join(hangs, "mended"));
  renameSync(join(hangs, "mended"), join(hangs, "initrd.gz"));
}

const specOf = (id: string, kernel: string) =>
  play(id, [machine("box", "172.16.0.2/24", { backend: "microvm", kernel })]);
const qemus = () => qemusOf(`/run/${rig.prefix}/`);
const firstQemu = () => until("QEMU", () => qemus()[0]);
/** Attempts of cold boots that are followed by another one, with what was told of them, in this part of hostd's log. */
const failures = (log: string) =>
  log
    .split("\n")
    .filter((line) => line.includes('"msg":"template could not be made"'))
    .map((line) => JSON.parse(line) as { attempt: number; err: { message: string } });
/** What making templates leaves behind while it is under way. */
const traces = () => [
  ...readdirSync(`/run/${rig.prefix}`).filter((name) => name.startsWith("t-")),
  ...readdirSync(artefacts.templates).filter((name) => name.startsWith(".")),
];
const reasonOf = (id: string) =>
  rig.events.flatMap(({ play: owner, event }) =>
    owner === id && event?.$case === "state" && event.value.state === "FAILED"
      ? [event.value.reason]
      : [],
  )[0];

beforeAll(async () => {
  await makeKernel(hangs, "echo this one hangs; while :; do /bin/busybox sleep 1000; done");
  await makeKernel(ends, "echo this one ends");
  await rig.setUp();
}, 60_000);

afterAll(async () => {
  await rig.tearDown();
  rmSync(base, { recursive: true, force: true });
});

test("cold boots that never answer are ended and tried again, four times; then the play fails with the reason", async () => {
  const from = rig.output.length;
  await rig.call("startPlay", specOf("never", "hangs"));
  const seen = new Set<number>();
  const reason = await until(
    "the play fails",
    () => {
      const running = qemus();
      expect(running.length).toBeLessThan(2);
      for (const { pid } of running) seen.add(pid);
      return reasonOf("never");
    },
    600,
  );
  expect(reason).toMatch(
    /^machine box: 4 cold boots failed; the last: the guest did not answer within \d[\d.]* s .*Its console: ….*this one hangs/s,
  );
  const told = failures(rig.output.slice(from));
  expect(told.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  // One after the other; and nobody begins anew.
  expect(seen.size).toBe(4);
  expect(qemus()).toEqual([]);
  expect(traces()).toEqual([]);
  await rig.call("destroyPlay", { play: "never" });
  expect(readdirSync(artefacts.templates).filter((name) => name.startsWith("debian"))).toEqual([]);
}, 700_000);

test("a guest that ends while it boots is not waited for", async () => {
  const from = rig.output.length;
  await rig.call("startPlay", specOf("ended", "ends"));
  const reason = await until("the play fails", () => reasonOf("ended"), 300);
  expect(reason).toContain("4 cold boots failed; the last: the guest ended while it booted");
  expect(failures(rig.output.slice(from))).toHaveLength(3);
  expect(qemus()).toEqual([]);
  expect(traces()).toEqual([]);
  await rig.call("destroyPlay", { play: "ended" });
}, 320_000);

test("a first boot that hangs, and a second one whose QEMU stands still, do not keep the third from making the template", async () => {
  const from = rig.output.length;
  await rig.call("startPlay", specOf("third", "hangs"));
  const first = await firstQemu();
  // It has opened its files: the next one gets others.
  mend();
  const second = await until(
    "the second attempt",
    () => qemus().find(({ pid }) => pid !== first.pid),
    300,
  );
  process.kill(second.pid, "SIGSTOP");
  await rig.running(["third"], 600);
  const told = failures(rig.output.slice(from));
  expect(told.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(told[0]!.err.message).toContain("this one hangs");
  expect(told[1]!.err.message).toMatch(/QEMU (?:did not|does not) answer/);
  const { stdout } = await rig.exec("third", "box", "uname -r; systemctl is-system-running --wait");
  expect(stdout).toMatch(/^6\.\d+.*\nrunning\n$/);
  // Only the machine's own is left of the QEMUs, and the template of what was made.
  expect(qemus()).toHaveLength(1);
  expect(qemus().map(({ pid }) => pid)).not.toContain(second.pid);
  expect(traces()).toEqual([]);
  await rig.call("destroyPlay", { play: "third" });
  // Neither of this play nor of those that failed.
  await until("nothing is left", async () => (await rig.left()) === "");
}, 700_000);
