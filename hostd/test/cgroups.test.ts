import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { until } from "@agon/testing/until";
import { MachineCgroups } from "../src/cgroups.ts";

const prefix = `agon-groups-${process.pid}`;
const LIMITS = { memory: 64 * 2 ** 20, cpus: 1, pids: 10 };
const groups = new MachineCgroups(prefix);
const held = spawn("sleep", ["600"]);

/** The groups of a play, in whichever hierarchies this computer has. */
function groupsOf(play: string): string[] {
  const root = "/sys/fs/cgroup";
  const roots = existsSync(join(root, "cgroup.controllers"))
    ? [root]
    : readdirSync(root).map((name) => join(root, name));
  return roots.map((folder) => join(folder, prefix, play)).filter((folder) => existsSync(folder));
}

afterAll(() => held.kill("SIGKILL"));

test("groups that the kernel holds longer go with those of a later play", async () => {
  groups.confine("long", "one", held.pid!, LIMITS);
  expect(groupsOf("long").length).toBeGreaterThan(0);
  expect(await groups.remove("long")).toBe(false);
  expect(groupsOf("long").length).toBeGreaterThan(0);

  held.kill("SIGKILL");
  await until("its process is gone", () => held.signalCode !== null);
  expect(await groups.remove("other")).toBe(true);
  expect(groupsOf("long")).toEqual([]);
  expect(groupsOf("")).toEqual([]);
});

test("groups of a play that began again meanwhile are kept", async () => {
  const again = spawn("sleep", ["600"]);
  try {
    groups.confine("again", "one", again.pid!, LIMITS);
    expect(await groups.remove("again")).toBe(false);
    groups.confine("again", "two", again.pid!, LIMITS);
    await groups.remove("other");
    // Its process is in "two" now: "one" could be removed, and must not be.
    expect(groupsOf("again").every((folder) => existsSync(join(folder, "one")))).toBe(true);
  } finally {
    again.kill("SIGKILL");
  }
  await until("its process is gone", () => again.signalCode !== null);
  expect(await groups.remove("again")).toBe(true);
});
