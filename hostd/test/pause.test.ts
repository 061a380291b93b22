import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MachineSpec } from "@agon/protocol/host";
import { hostRemains } from "@agon/testing/host-audit";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { qemusOf } from "../src/microvm/qemu-process.ts";
import { HostRig, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
/** Emulated machines, several at once, on two cores that others use, too. */
const LONG = 900_000;

const two = (backend: string): MachineSpec[] => [
  machine("left", "172.16.0.2/24", { backend }),
  machine("right", "172.16.0.3/24", { backend }),
];
const tasks = [
  task("verify_first", "left", "test -e /root/first"),
  task("verify_second", "left", "test -e /root/second", { needs: ["verify_first"] }),
];
const ARMED = { ...play("armed", two("microvm"), tasks), armed: true };
const PLAIN = play("plain", [machine("left", "172.16.0.2/24", { backend: "microvm" })], tasks);
const BOXES = play("boxes", two("container"), tasks);

async function inside(id: string, name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, name, script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}
const states = (id: string): string[] =>
  rig.events.flatMap(({ play: owner, event }) =>
    owner === id && event?.$case === "state" ? [event.value.state] : [],
  );
async function pauseAndGoOn(id: string, memory: boolean, between = async () => {}): Promise<void> {
  await rig.call("stopPlay", { play: id, memory });
  await until(`${id} is paused`, () => rig.playState(id) === "STOPPED", 180);
  await between();
  await rig.call("restartPlay", { play: id });
  // Without its memory it boots, which takes long where others use the processors.
  await until(`${id} runs`, () => rig.playState(id) === "RUNNING", 500);
}
/** What is unique in a machine. */
const identity = (id: string, name: string) =>
  inside(
    id,
    name,
    `cat /etc/machine-id /sys/class/net/eth0/address; cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub
     head -c 16 /dev/urandom | od -An -tx1; sudo sha256sum /run/agon-host/credential 2>/dev/null || cat /proc/sys/kernel/random/uuid`,
  );
const forkedOf = (id: string) =>
  rig.events.flatMap(({ play: owner, event }) =>
    owner === id && event?.$case === "forked" ? [event.value] : [],
  )[0];
const checkpoints = (id: string) =>
  rig.events.flatMap(({ play: owner, event }) =>
    owner === id && event?.$case === "checkpoint" ? [event.value] : [],
  );

beforeAll(async () => {
  await rig.setUp();
  for (const one of [ARMED, PLAIN, BOXES]) await rig.call("startPlay", one);
  await rig.running(["armed", "plain", "boxes"], 400);
}, 420_000);

afterAll(() => rig.tearDown());

test(
  "paused with memory, two microVMs go on where they were: programs, files, tasks, their network, a killed hostd between",
  async () => {
    const pid = await inside(
      "armed",
      "left",
      "sudo touch /root/first; echo kept > /tmp/file; nohup sleep 5000 >/dev/null 2>&1 & echo $!",
    );
    await until("the first task", () => rig.stateOf("armed", "verify_first") === 40);
    await until("its checkpoint", () => checkpoints("armed").length === 1);
    const boot = await inside("armed", "right", "cat /proc/sys/kernel/random/boot_id");
    await pauseAndGoOn("armed", true, async () => {
      expect(qemusOf(`unix:/run/${rig.prefix}/`)).toHaveLength(1); // that of "plain"
      await rig.kill();
      await rig.start();
      await expect(rig.terminal("armed", "left")).rejects.toThrow(/paused/);
    });
    expect(states("armed").slice(-4)).toEqual(["STOPPING", "STOPPED", "STARTING", "RUNNING"]);
    expect(await inside("armed", "left", `cat /tmp/file; ps -o comm= -p ${pid}`)).toBe(
      "kept\nsleep",
    );
    expect(await inside("armed", "right", "cat /proc/sys/kernel/random/boot_id")).toBe(boot);
    await inside("armed", "left", "ping -c 1 -W 5 right >/dev/null");
    const late = Math.abs(Number(await inside("armed", "left", "date +%s%3N")) - Date.now());
    expect(late).toBeLessThan(30_000);
  },
  LONG,
);

test(
  "a running armed play is forked with both machines at one moment, each with an identity of its own",
  async () => {
    const pid = await inside("armed", "left", "pgrep -x sleep | head -1");
    await rig.call("forkPlay", { spec: { ...ARMED, play: "twin" }, from: "armed", checkpoint: "" });
    await rig.running(["twin"], 180);
    expect(forkedOf("twin")).toMatchObject({ from: "armed", checkpoint: "" });
    expect(forkedOf("twin")!.tasks.map(({ task: name, state }) => [name, state])).toContainEqual([
      "verify_first",
      40,
    ]);
    expect(forkedOf("twin")!.n).toBeGreaterThan(0);
    for (const id of ["armed", "twin"])
      expect(await inside(id, "left", `cat /tmp/file; ps -o comm= -p ${pid}`)).toBe("kept\nsleep");
    await inside("twin", "left", "ping -c 1 -W 5 right >/dev/null");
    await inside("twin", "right", "ping -c 1 -W 5 left >/dev/null");
    for (const name of ["left", "right"]) {
      const [own, other] = [await identity("armed", name), await identity("twin", name)];
      for (const [index, fact] of own.split("\n").entries())
        expect(other.split("\n")[index], `fact ${index} of ${name}`).not.toBe(fact);
    }
    // What one of them does from now on is its own.
    await inside("twin", "left", "sudo touch /root/second");
    await until("the twin goes on", () => rig.stateOf("twin", "verify_second") === 40);
    expect(rig.stateOf("armed", "verify_second")).toBeLessThan(40);
    expect(await inside("armed", "left", "sudo ls /root/second 2>/dev/null || echo none")).toBe(
      "none",
    );
  },
  LONG,
);

test(
  "a play goes back to when a task turned green: later work is gone, its states are those of then",
  async () => {
    await inside("twin", "left", "echo later > /tmp/later");
    await until("both checkpoints", () => checkpoints("twin").length === 2);
    const [first] = checkpoints("twin").filter(({ task: of }) => of === "verify_first");
    await rig.call("forkPlay", {
      spec: { ...ARMED, play: "undo" },
      from: "twin",
      checkpoint: first!.id,
    });
    await rig.running(["undo"], 180);
    expect(await inside("undo", "left", "ls /tmp/later 2>/dev/null || echo gone")).toBe("gone");
    expect(
      forkedOf("undo")!.tasks.find(({ task: name }) => name === "verify_second")?.state,
    ).toBeLessThan(40);
    expect(checkpoints("undo").map(({ task: of }) => of)).toEqual(["verify_first"]);
    await inside("undo", "left", "sudo touch /root/second");
    await until("it goes on", () => rig.stateOf("undo", "verify_second") === 40);
  },
  LONG,
);

test(
  "what can't be copied while it runs is refused with the reason and a way",
  async () => {
    for (const [from, why] of [
      ["plain", /without checkpoints.*pause the play/],
      ["boxes", /container.*pause the play/],
    ] as const) {
      const { spec } = { spec: { ...(from === "plain" ? PLAIN : BOXES), play: `no-${from}` } };
      await expect(rig.call("forkPlay", { spec, from, checkpoint: "" })).rejects.toThrow(why);
    }
    await expect(
      rig.call("forkPlay", { spec: { ...PLAIN, play: "none" }, from: "plain", checkpoint: "c0" }),
    ).rejects.toThrow(/checkpoint is gone/);
  },
  LONG,
);

test(
  "a microVM that was not armed keeps its memory when asked, its files in any case, and is forked at rest",
  async () => {
    const pid = await inside(
      "plain",
      "left",
      "sudo touch /root/first; nohup sleep 5000 >/dev/null 2>&1 & echo $!",
    );
    await until("the first task", () => rig.stateOf("plain", "verify_first") === 40);
    await pauseAndGoOn("plain", true, async () => {
      await rig.call("forkPlay", {
        spec: { ...PLAIN, play: "copy" },
        from: "plain",
        checkpoint: "",
      });
      await rig.running(["copy"], 180);
    });
    for (const id of ["plain", "copy"])
      expect(await inside(id, "left", `ps -o comm= -p ${pid}`)).toBe("sleep");
    expect(await inside("copy", "left", "cat /etc/machine-id")).not.toBe(
      await inside("plain", "left", "cat /etc/machine-id"),
    );
    await pauseAndGoOn("copy", false);
    expect(await inside("copy", "left", `sudo ls /root/first; ps -o comm= -p ${pid} || true`)).toBe(
      "/root/first",
    );
    expect(rig.stateOf("copy", "verify_second")).toBeLessThan(40);
    await inside("copy", "left", "sudo touch /root/second");
    await until("it goes on", () => rig.stateOf("copy", "verify_second") === 40);
  },
  LONG,
);

test(
  "containers keep their files, and are forked at rest with identities of their own",
  async () => {
    await inside(
      "boxes",
      "left",
      "sudo touch /root/first; echo kept | sudo tee /srv/file >/dev/null",
    );
    await until("the first task", () => rig.stateOf("boxes", "verify_first") === 40);
    await pauseAndGoOn("boxes", true, async () => {
      await rig.call("forkPlay", {
        spec: { ...BOXES, play: "crate" },
        from: "boxes",
        checkpoint: "",
      });
      await rig.running(["crate"], 180);
    });
    for (const id of ["boxes", "crate"]) {
      expect(await inside(id, "left", "cat /srv/file")).toBe("kept");
      await inside(id, "left", "ping -c 1 -W 5 right >/dev/null");
    }
    expect(await inside("crate", "left", "cat /etc/machine-id")).not.toBe(
      await inside("boxes", "left", "cat /etc/machine-id"),
    );
    await inside("crate", "left", "sudo touch /root/second");
    await until("it goes on", () => rig.stateOf("crate", "verify_second") === 40);
  },
  LONG,
);

test(
  "destroyed, none of them leaves anything, paused ones neither",
  async () => {
    await rig.call("stopPlay", { play: "boxes", memory: false });
    await rig.call("stopPlay", { play: "armed", memory: true });
    const all = ["armed", "plain", "boxes", "twin", "undo", "copy", "crate"];
    for (const id of all) await rig.call("destroyPlay", { play: id });
    // Each of them that there was: a test before may have failed.
    const there = all.filter((id) => rig.playState(id) !== "");
    await until("all is told", () => there.every((id) => rig.playState(id) === "DESTROYED"));
    const { arena, prefix, folder } = rig;
    const state = join(folder, "state");
    expect(await hostRemains({ arena, prefix, state, docker: here().docker })).toEqual([]);
  },
  LONG,
);
