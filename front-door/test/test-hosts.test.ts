import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const arena = `t-${process.pid}`;
const space = `agon-${arena}-host-1-play`;
const group = `/sys/fs/cgroup/pids/agon-${arena}-host-1`;
let notes: string;

beforeEach(() => (notes = mkdtempSync(join(tmpdir(), "agon-hosts-"))));
afterEach(() => rmSync(notes, { recursive: true, force: true }));

/** Ends the hosts of `notes` in a front door that got Ctrl-C. @returns what it printed. */
async function afterInterruption(): Promise<string> {
  const src = (file: string) => JSON.stringify(join(import.meta.dirname, "../src", file));
  const script = `
    import { endWithChildren, endingWith, run } from ${src("run.ts")};
    import { endTestHosts } from ${src("test-hosts.ts")};
    endWithChildren();
    try {
      const tests = run("sleep", ["60"]);
      console.log("here");
      await tests;
    } catch (error) {
      console.log(error.message);
    }
    console.log("ended", await endTestHosts(${JSON.stringify(notes)}));
    process.exit(endingWith());
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
  child.stdout.once("data", () => child.kill("SIGINT"));
  await new Promise((resolve) => child.once("close", resolve));
  return told;
}

test("a host that tests left is ended with what its plays hold, after Ctrl-C too", async () => {
  const host = spawn("sleep", ["600"], { env: { ...process.env, AGON_ARENA_ID: arena } });
  writeFileSync(join(notes, arena), String(host.pid));
  expect(spawnSync("ip", ["netns", "add", space]).status).toBe(0);
  const inside = spawn("ip", ["netns", "exec", space, "sleep", "600"]);
  const ended = [host, inside].map((one) => new Promise((done) => one.once("exit", done)));
  mkdirSync(`/run/agon-${arena}-host-1`);
  // One that is in no namespace of that name any more.
  const grouped = spawn("sleep", ["600"]);
  ended.push(new Promise((done) => grouped.once("exit", done)));
  if (existsSync("/sys/fs/cgroup/pids")) {
    mkdirSync(join(group, "play/machine"), { recursive: true });
    writeFileSync(join(group, "play/machine/cgroup.procs"), String(grouped.pid));
  } else grouped.kill();

  const told = await afterInterruption();
  expect(told).toContain("Interrupted.");
  expect(told).toContain(`ended [ '${arena}' ]`);
  await Promise.all(ended);
  expect(spawnSync("ip", ["netns", "list"]).stdout.toString()).not.toContain(space);
  expect(existsSync(group)).toBe(false);
  expect(existsSync(`/run/agon-${arena}-host-1`)).toBe(false);
});

test("a process that only has the number of a host is not touched", async () => {
  const other = spawn("sleep", ["600"], { env: { ...process.env, AGON_ARENA_ID: "another" } });
  writeFileSync(join(notes, arena), String(other.pid));
  expect(await afterInterruption()).toContain("ended []");
  expect(other.exitCode ?? other.signalCode).toBe(null);
  other.kill();
});
