import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { superfluous } from "../src/cache-room.ts";
import { markUsed } from "../src/microvm/used-by.ts";
import { HostRig, machine, play, task } from "./host-rig.ts";

const HOUR = 3_600_000;

describe("what a cache gives up", () => {
  const one = (name: string, bytes: number, hours: number, used = false) => ({
    name,
    bytes,
    usedAt: Date.now() - hours * HOUR,
    inUse: () => used,
  });
  const names = (...args: Parameters<typeof superfluous<ReturnType<typeof one>>>) =>
    superfluous(...args).map(({ name }) => name);
  const all = [one("new", 10, 0.5), one("day", 10, 25), one("week", 10, 168), one("hours", 10, 3)];

  test("nothing, while it is below its bound and the disk has room", () => {
    expect(names(all, { most: 40, stays: 0, lacking: 0 })).toEqual([]);
  });

  test("above its bound what was used longest ago, but nothing that was used in the time that stays", () => {
    expect(names(all, { most: 25, stays: 0, lacking: 0 })).toEqual(["week", "day"]);
    expect(names(all, { most: 5, stays: 24 * HOUR, lacking: 0 })).toEqual(["week", "day"]);
  });

  test("on a full disk as much as that lacks, but nothing of the last hour and nothing in use", () => {
    expect(names(all, { most: 100, stays: 24 * HOUR, lacking: 15 })).toEqual(["week", "day"]);
    const used = [...all, one("used", 10, 500, true)];
    expect(names(used, { most: 100, stays: 0, lacking: 1_000 })).toEqual(["week", "day", "hours"]);
  });
});

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");

describe("on a computer whose disk is full", () => {
  const own = mkdtempSync(join(tmpdir(), "agon-templates-"));
  const artefacts = { ...JSON.parse(given), templates: join(own, "templates") };
  // No disk has as much: all that may be given up is.
  const rig = new HostRig(JSON.stringify(artefacts), here(), "0", { AGON_FREE_GIB: "999999" });
  const unusedFor = (folder: string, hours: number) =>
    utimesSync(folder, new Date(), new Date(Date.now() - hours * HOUR));
  const cached = (name: string, hours: number, user?: string) => {
    const folder = join(artefacts.templates, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "memory"), "x");
    if (user) markUsed(folder, user);
    unusedFor(folder, hours);
  };
  const named = () => readdirSync(artefacts.templates).filter((name) => !name.includes("."));
  const made = () => named().filter((name) => name.startsWith("debian-12-"));

  beforeAll(async () => {
    await rig.setUp();
    const tasks = [task("verify_late", "desk", "test -e /tmp/late")];
    const desk = machine("desk", "172.16.0.2/24", { backend: "microvm" });
    await rig.call("startPlay", play("room", [desk], tasks));
    await rig.running(["room"], 300);
  }, 320_000);
  afterAll(async () => {
    await rig.tearDown();
    rmSync(own, { recursive: true, force: true });
  });

  test("templates go that nobody used for an hour, but those that something stands on", async () => {
    expect(made()).toHaveLength(1);
    unusedFor(join(artefacts.templates, made()[0]!), 2);
    cached("left", 2);
    cached("lately", 0.5);
    cached("stood-on", 2, rig.folder);
    cached("stood-on-once", 2, join(rig.folder, "gone"));
    await rig.kill();
    await rig.start();
    await until("its template is gone", () => made().length === 0, 60);
    expect(named().toSorted()).toEqual(["lately", "stood-on"]);
  }, 90_000);

  test("a machine whose template is gone comes back from a reboot with its files", async () => {
    await until("its terminal", async () => {
      const { code } = await rig
        .exec("room", "desk", "echo kept > ~/kept; sync")
        .catch(() => ({ code: 1 }));
      return code === 0;
    });
    await rig.exec("room", "desk", "sudo systemctl reboot");
    await until("it goes down", () => rig.machineStates("room", "desk").includes("REBOOTING"), 60);
    await until("it is back", () => rig.machineStates("room", "desk").at(-1) === "RUNNING", 120);
    expect((await rig.exec("room", "desk", "cat ~/kept")).stdout).toBe("kept\n");
    await rig.exec("room", "desk", "touch /tmp/late");
    await until("its task goes on", () => rig.stateOf("room", "verify_late") === 40, 60);
    expect(made()).toHaveLength(0);
  }, 260_000);
});

describe("on a computer with less than 4 GiB free", () => {
  const rig = new HostRig(given);
  const armed = (id: string) => ({
    ...play(
      id,
      [machine("desk", "172.16.0.2/24", { backend: "microvm" })],
      [task("verify_one", "desk", "test -e /tmp/one")],
    ),
    armed: true,
  });
  const missed = () =>
    rig.events.flatMap(({ play: owner, event }) =>
      owner === "armed" && event?.$case === "checkpoint" ? [event.value] : [],
    );

  beforeAll(async () => {
    // A disk of its own, so what it keeps of templates are no links.
    await execa("mount", ["-t", "tmpfs", "-o", "size=3g,mode=0700", "none", rig.folder]);
    await rig.setUp();
    await rig.call("startPlay", armed("armed"));
    await rig.running(["armed"], 300);
  }, 320_000);
  afterAll(async () => {
    await rig.call("destroyPlay", { play: "armed" });
    await rig.stop();
    await execa("umount", ["--lazy", rig.folder]);
    await rig.tearDown();
  });

  test("no copies are made, the play is told why and goes on", async () => {
    await rig.exec("armed", "desk", "touch /tmp/one");
    await until("it is told", () => missed().length === 1, 60);
    expect(missed()[0]).toMatchObject({
      task: "verify_one",
      missed: "the disk of this host is nearly full: no copies are made",
    });
    const fork = { spec: armed("twin"), from: "armed", checkpoint: "" };
    await expect(rig.call("forkPlay", fork)).rejects.toThrow(/nearly full/);
    expect(rig.playState("armed")).toBe("RUNNING");
  }, 120_000);

  test("a machine on another file system than its template reboots", async () => {
    await rig.exec("armed", "desk", "echo kept > ~/kept; sync; sudo systemctl reboot");
    await until("it goes down", () => rig.machineStates("armed", "desk").includes("REBOOTING"), 60);
    await until("it is back", () => rig.machineStates("armed", "desk").at(-1) === "RUNNING", 120);
    expect((await rig.exec("armed", "desk", "cat ~/kept")).stdout).toBe("kept\n");
  }, 200_000);
});
