import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

// Computers of today boot cgroup v2, and there every other test of this room proves the same. Where
// the tests run on cgroup v1, this one makes the other kind of host: a mount namespace whose
// /sys/fs/cgroup is a cgroup2 file system, and in it a Docker engine and a hostd. Its controllers
// belong to v1 then, so that limits are not what is tested here.
const v1 = existsSync("/sys/fs/cgroup/systemd");
const folder = mkdtempSync(join(tmpdir(), "agon-cgroup2-"));
const docker = `unix://${folder}/docker.sock`;
const images = JSON.parse(process.env["AGON_TEST_IMAGES"] ?? "{}") as Record<string, string>;
const image = images["debian-12"] ?? "";

const inside = `
set -e
mount --make-rprivate /
for folder in $(awk '$2 ~ "^/sys/fs/cgroup/" { print $2 }' /proc/mounts); do umount -l "$folder"; done
umount -l /sys/fs/cgroup
mount -t cgroup2 -o nsdelegate none /sys/fs/cgroup
exec dockerd --data-root ${folder}/data --exec-root ${folder}/exec --pidfile ${folder}/pid \\
  -H ${docker} --bridge=none --iptables=false --ip-forward=false
`;

let engine: ChildProcess | undefined;
let rig: HostRig | undefined;

beforeAll(async () => {
  if (!v1) return;
  engine = spawn("unshare", ["-m", "bash", "-c", inside], { stdio: "ignore" });
  await until("the engine answers", async () => {
    if (engine?.exitCode !== null) throw new Error("the engine ended");
    return (await execa("docker", ["-H", docker, "info"], { reject: false })).exitCode === 0;
  });
  const copy = `docker ${hostOf(process.env["AGON_TEST_DOCKER_HOST"])} save "$0" | docker -H ${docker} load`;
  await execa("bash", ["-o", "pipefail", "-c", copy, image]);
  rig = new HostRig("", { enter: ["nsenter", "-t", String(engine.pid), "-m"], docker });
  await rig.setUp();
});

afterAll(async () => {
  await rig?.tearDown();
  engine?.kill("SIGTERM");
  if (engine) await until("the engine ends", () => engine?.exitCode !== null);
  await execa("sh", ["-c", `umount -l ${folder}/data/* ${folder}/exec/* 2>/dev/null; true`]);
  rmSync(folder, { recursive: true, force: true });
});

function hostOf(url: string | undefined): string {
  return url ? `-H ${url}` : "";
}

test.runIf(v1)(
  "on cgroup v2 systemd has a control group of its own, whose limits it can't change",
  async () => {
    const it = rig!;
    const spec = play(
      "second",
      [machine("one", "172.16.0.2/24")],
      [task("t", "one", "test -e /done")],
    );
    await it.call("startPlay", spec);
    await until("it runs", () => {
      if (it.playState("second") === "FAILED") throw new Error(it.output);
      return it.playState("second") === "RUNNING";
    });
    const booted = await it.exec("second", "one", "systemctl is-system-running --wait");
    expect(booted.stdout.trim()).toBe("running");
    const own = await it.exec(
      "second",
      "one",
      `cut -d: -f3 /proc/1/cgroup | tail -n 1
       sudo mkdir /sys/fs/cgroup/mine && echo made
       sudo sh -c 'echo 1 > /sys/fs/cgroup/cgroup.max.depth' 2>/dev/null || echo refused`,
    );
    expect(own.stdout.trim().split("\n")).toEqual(["/init.scope", "made", "refused"]);
    await it.exec("second", "one", "sudo touch /done");
    await until("the task is completed", () => it.stateOf("second", "t") === 40);
    // From inside, as a learner does it: another start of the same container.
    await it.exec("second", "one", "sudo systemctl reboot").catch(() => undefined);
    await until("it comes back", () => it.machineStates("second", "one").at(-1) === "REBOOTING");
    await until("it runs again", () => it.machineStates("second", "one").at(-1) === "RUNNING");
    await it.call("destroyPlay", { play: "second" });
    await until("it is gone", () => it.playState("second") === "DESTROYED");
    expect(await it.left()).toBe("");
  },
);
