import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@agon/testing/until";
import { shortHash } from "../src/names.ts";
import { HostRig, machine, play, task } from "./host-rig.ts";
import { ownCaches } from "./own-caches.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
/** Templates of its own: one of them is taken away. */
const own = mkdtempSync(join(tmpdir(), "agon-templates-"));
const artefacts = ownCaches(given, own);
const { templates } = artefacts;
const rig = new HostRig(JSON.stringify(artefacts));
const LONG = 600_000;

const STEPS = ["one", "two", "three", "four"];
const tasks = STEPS.map((name) => task(`verify_${name}`, "box", `test -e /root/${name}`));
const specOf = (id: string) => ({
  ...play(id, [machine("box", "172.16.0.2/24", { backend: "microvm" })], tasks),
  armed: true,
});
const folderOf = (id: string) => join(rig.folder, "state/microvms", shortHash(`${id}/box`));
const checkpointOf = (id: string, checkpoint: string) =>
  join(folderOf(id), "checkpoints", checkpoint);
const room = (file: string) => statSync(file).blocks * 512;

async function inside(id: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, "box", script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

/** Completes a task. @returns the checkpoint of that. */
async function complete(id: string, step: string): Promise<string> {
  const known = () =>
    rig.events.flatMap(({ play: owner, event }) =>
      owner === id &&
      event?.$case === "checkpoint" &&
      event.value.task === `verify_${step}` &&
      !event.value.missed
        ? [event.value.id]
        : [],
    );
  await inside(id, `sudo touch /root/${step}`);
  return until(`a checkpoint of ${step}`, () => known()[0], 120);
}

async function back(from: string, checkpoint: string, to: string): Promise<void> {
  await rig.call("forkPlay", { spec: specOf(to), from, checkpoint });
  await rig.running([to], 180);
  // It went on from its memory: a boot would have a new one.
  expect(await inside(to, "cat /proc/sys/kernel/random/boot_id")).toBe(bootId);
}

/** Random bytes that are nowhere but in the machine's memory, and zeros where there was something else. */
const HELD =
  "sha256sum < /dev/shm/random; tr -d '\\0' < /dev/shm/zeros | wc -c; stat -c %s /dev/shm/zeros";
let held: string;
let bootId: string;
let first: string;

beforeAll(async () => {
  await rig.setUp();
  await rig.call("startPlay", specOf("origin"));
  await rig.running(["origin"], 400);
  bootId = await inside("origin", "cat /proc/sys/kernel/random/boot_id");
}, 420_000);

afterAll(async () => {
  await rig.tearDown();
  rmSync(own, { recursive: true, force: true });
});

test(
  "a checkpoint stores only what the memory has and its template's has not, and keeps that template",
  async () => {
    // The template's pages become free, and are zeros then.
    await inside(
      "origin",
      `sync; echo 3 | sudo tee /proc/sys/vm/drop_caches >/dev/null
       head -c 20000000 /dev/urandom > /dev/shm/random; head -c 150000000 /dev/zero > /dev/shm/zeros`,
    );
    held = await inside("origin", HELD);
    expect(held).toMatch(/^[0-9a-f]{64}\s+-\s+0\s+150000000$/);
    first = await complete("origin", "one");
    const at = checkpointOf("origin", first);
    expect(readdirSync(at).sort()).toEqual(["disk.qcow2", "memory.delta", "state"]);
    const stored = room(join(at, "memory.delta"));
    // The random bytes are there; zeros are not.
    expect(stored).toBeGreaterThan(20_000_000);
    expect(stored).toBeLessThan(room(join(folderOf("origin"), "memory")) / 2);
    const { template } = JSON.parse(
      readFileSync(join(folderOf("origin"), "machine.json"), "utf8"),
    ) as { template: string };
    expect(readFileSync(join(template, `used-by-${shortHash(folderOf("origin"))}`), "utf8")).toBe(
      folderOf("origin"),
    );
  },
  LONG,
);

test(
  "gone back to, the memory is that of then, byte by byte, whatever happened since; hostd was killed meanwhile",
  async () => {
    await inside(
      "origin",
      `head -c 150000000 /dev/urandom > /dev/shm/zeros; head -c 20000000 /dev/urandom > /dev/shm/random`,
    );
    const later = await inside("origin", HELD);
    await complete("origin", "two");
    await rig.kill();
    await rig.start();
    await back("origin", first, "again");
    expect(await inside("again", HELD)).toBe(held);
    expect(await inside("origin", HELD)).toBe(later);
  },
  LONG,
);

test(
  "a copy of a copy can go back as far, with the first one gone, also from a pause with memory",
  async () => {
    await rig.call("destroyPlay", { play: "origin" });
    await inside("again", "head -c 30000000 /dev/urandom > /dev/shm/random");
    await rig.call("stopPlay", { play: "again", memory: true });
    await until("it is paused", () => rig.playState("again") === "STOPPED", 180);
    await back("again", first, "third");
    expect(await inside("third", HELD)).toBe(held);
    await rig.call("destroyPlay", { play: "again" });
    // The play that has it now keeps what it stands on.
    const marks = readdirSync(templates, { recursive: true, encoding: "utf8" })
      .filter((name) => name.includes("used-by-"))
      .map((name) => readFileSync(join(templates, name), "utf8"));
    expect(marks.filter((folder) => existsSync(folder))).toEqual([folderOf("third")]);
    const second = await complete("third", "two");
    await back("third", second, "fourth");
    expect(await inside("fourth", HELD)).toBe(held);
    await rig.call("destroyPlay", { play: "fourth" });
  },
  LONG,
);

test(
  "a checkpoint with a whole memory, as hosts made them before, is as good",
  async () => {
    const at = checkpointOf("third", first);
    const { template } = JSON.parse(
      readFileSync(join(folderOf("third"), "machine.json"), "utf8"),
    ) as { template: string };
    await execa(join(artefacts.tools, "memory-delta"), [
      "rebuild",
      join(template, "memory"),
      join(at, "memory.delta"),
      join(at, "memory"),
    ]);
    renameSync(join(at, "memory.delta"), join(rig.folder, "kept.delta"));
    await back("third", first, "whole");
    expect(await inside("whole", HELD)).toBe(held);
    await rig.call("destroyPlay", { play: "whole" });
    rmSync(join(at, "memory"));
    renameSync(join(rig.folder, "kept.delta"), join(at, "memory.delta"));
  },
  LONG,
);

test(
  "a checkpoint that is torn, or whose template is gone, is refused with the reason; the play goes on, and so do its next checkpoints",
  async () => {
    const refused = async (checkpoint: string) => {
      const spec = specOf("lost");
      await expect(rig.call("forkPlay", { spec, from: "third", checkpoint })).rejects.toThrow(
        /no way back to this checkpoint.*machine box/,
      );
      expect(existsSync(folderOf("lost"))).toBe(false);
      expect(rig.playState("third")).toBe("RUNNING");
    };
    const delta = join(checkpointOf("third", first), "memory.delta");
    const { size } = statSync(delta);
    truncateSync(delta, size - 4096);
    await refused(first);
    const [name] = readdirSync(templates).filter((one) => one.startsWith("debian-12-"));
    const second = readdirSync(join(folderOf("third"), "checkpoints")).find((one) => one !== first);
    rmSync(join(templates, name!), { recursive: true });
    await refused(second!);
    // With nothing to stand on the next one is whole.
    const third = await complete("third", "three");
    expect(readdirSync(checkpointOf("third", third)).sort()).toEqual([
      "disk.qcow2",
      "memory",
      "state",
    ]);
    await inside("third", "rm /dev/shm/random");
    await back("third", third, "last");
    expect(await inside("last", HELD)).toBe(held);
  },
  LONG,
);
