import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { syncFiles } from "@agon/daemon/sync-files";
import { until } from "@agon/testing/until";
import { shortHash } from "../src/names.ts";
import type { MachineRecord } from "../src/microvm/machine-record.ts";
import { HostRig, machine, play, task } from "./host-rig.ts";
import { ownCaches } from "./own-caches.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const LONG = 600_000;

/**
 * A disk in a file, with the host's data on it. At the power loss its file system stops at once: what
 * is not on the disk by then, or in the file system's journal, is lost as with a real one.
 */
const base = mkdtempSync(join(tmpdir(), "agon-power-"));
const disk = join(base, "disk.img");
const mounted = join(base, "m");
const mount = () => execa("mount", ["-o", "loop", disk, mounted]);
/** Processes that have files of it. */
const users = () =>
  readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      const open = readdirSync(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`);
      return ["cwd", ...open].some((one) =>
        readlinkSync(`/proc/${pid}/${one}`).startsWith(`${mounted}/`),
      );
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
/** The computer stops, with all that runs of the host, and starts again. */
async function powerFails(): Promise<void> {
  await execa("xfs_io", ["-x", "-c", "shutdown", mounted]);
  await rig.kill();
  for (const pid of users()) process.kill(Number(pid), "SIGKILL");
  await until("all is gone", () => users().length === 0);
  await until("nothing is open on it", async () => !(await execa("umount", [mounted])).failed, 30);
  await mount();
  await rig.start();
}

let rig: HostRig;
let templates: string;
const tasks = [task("verify_one", "box", "test -e /root/one")];
const specOf = (id: string) => ({
  ...play(id, [machine("box", "172.16.0.2/24", { backend: "microvm" })], tasks),
  armed: true,
});
const folderOf = (id: string) => join(rig.folder, "state/microvms", shortHash(`${id}/box`));
const recordOf = (id: string) =>
  JSON.parse(readFileSync(join(folderOf(id), "machine.json"), "utf8")) as MachineRecord;

async function inside(id: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, "box", script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}
const BOOT = "cat /proc/sys/kernel/random/boot_id";
/** In the machine's memory, and on its disk. */
const HELD = "sha256sum /dev/shm/random /root/random";

beforeAll(async () => {
  mkdirSync(mounted);
  await execa("truncate", ["-s", "8G", disk]);
  await execa("mkfs.ext4", ["-q", disk]);
  await mount();
  const caches = ownCaches(given, mounted);
  templates = caches.templates;
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = mounted;
  rig = new HostRig(JSON.stringify(caches));
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  await rig.setUp();
  // The test's own certificates.
  syncFiles(rig.folder);
}, 120_000);

afterAll(async () => {
  await rig.tearDown();
  await execa("umount", ["--lazy", mounted]);
  rmSync(base, { recursive: true, force: true });
});

test(
  "a template is whole on disk before anybody may use it",
  async () => {
    await rig.call("startPlay", specOf("origin"));
    const named = () => readdirSync(templates).find((name) => name.startsWith("debian-12-"));
    const name = await until("the template", named, 400);
    await powerFails();
    await rig.running(["origin"], 120);
    expect(readdirSync(templates)).toContain(name);
    expect(rig.output.split('"msg":"template made"')).toHaveLength(2);
    expect(rig.output).toContain('"kind":"restore"');
  },
  LONG,
);

test(
  "a checkpoint that was told of is whole after a power loss, and can be gone back to",
  async () => {
    await inside(
      "origin",
      "sudo sh -c 'head -c 30000000 /dev/urandom > /dev/shm/random; head -c 30000000 /dev/urandom > /root/random; sync; chmod a+rx /root'",
    );
    const held = await inside("origin", HELD);
    const bootId = await inside("origin", BOOT);
    await inside("origin", "sudo touch /root/one");
    const told = () =>
      rig.events.flatMap(({ play: owner, event }) =>
        owner === "origin" && event?.$case === "checkpoint" && !event.value.missed
          ? [event.value.id]
          : [],
      );
    const checkpoint = await until("the checkpoint", () => told()[0], 120);
    await powerFails();
    await rig.call("forkPlay", { spec: specOf("back"), from: "origin", checkpoint });
    await rig.running(["back"], 180);
    expect(await inside("back", HELD)).toBe(held);
    // It went on from its memory.
    expect(await inside("back", BOOT)).toBe(bootId);
  },
  LONG,
);

test(
  "a copy that had not begun when the computer stopped boots: its memory may be torn",
  async () => {
    await rig.call("stopPlay", { play: "back", memory: true });
    await until("it is paused", () => rig.playState("back") === "STOPPED", 180);
    const spec = specOf("again");
    void rig.call("forkPlay", { spec, from: "back", checkpoint: "" }).catch(() => undefined);
    // The play is known, and its machine not yet begun.
    const known = join(rig.folder, "state/plays/again/spec.json");
    // Not by `until`, which looks too seldom.
    while (!existsSync(known)) await new Promise((resolve) => setImmediate(resolve));
    await rig.kill();
    const record = recordOf("again");
    expect(record).toMatchObject({ memory: "file", memoryBoot: expect.any(String) });
    writeFileSync(
      join(folderOf("again"), "machine.json"),
      JSON.stringify({ ...record, memoryBoot: "another" }),
    );
    await rig.start();
    await rig.running(["again"], 180);
    expect(rig.output).toContain("a memory was lost with the computer");
    expect(await inside("again", "ls /dev/shm/random 2>&1 || true")).toContain("No such file");
    expect(await inside("again", "sha256sum < /root/random")).toMatch(/^[0-9a-f]{64}/);
  },
  LONG,
);
