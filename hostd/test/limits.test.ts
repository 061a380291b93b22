import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "@agon/testing/until";
import { Qmp } from "../src/microvm/qmp.ts";
import { HostRig, hashOf, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const BACKENDS = ["container", "microvm"];
const GIB = 2 ** 30;
const ROUNDS = 8;

/** The machine beside: its tasks are completed one after the other, one for each bomb. */
const neighbour = play(
  "neighbour",
  [machine("calm", "172.16.0.2/24", { backend: "container" })],
  Array.from({ length: ROUNDS }, (_, at) => task(`verify_${at}`, "calm", `test -e /tmp/${at}`)),
);
let round = 0;

beforeAll(async () => {
  await rig.setUp();
  await rig.call("startPlay", neighbour);
  for (const backend of BACKENDS)
    await rig.call(
      "startPlay",
      play(`bombs-${backend}`, [
        machine("bomb", "172.16.0.2/24", { backend, memoryBytes: GIB / 2, diskBytes: 1.5 * GIB }),
      ]),
    );
  await rig.running(["neighbour", ...BACKENDS.map((backend) => `bombs-${backend}`)], 400);
}, 420_000);

afterAll(() => rig.tearDown());

/** Another play's checks and its exec go on while a bomb is at work. */
async function expectCalm(): Promise<void> {
  const at = round++;
  expect(at).toBeLessThan(ROUNDS);
  const { code } = await rig.exec("neighbour", "calm", `touch /tmp/${at}`);
  expect(code).toBe(0);
  await until("the neighbour's check", () => rig.stateOf("neighbour", `verify_${at}`) === 40);
  expect(rig.playState("neighbour")).toBe("RUNNING");
}

/** Starts a bomb in the background; it notes its end in /run, which a full disk leaves room in. */
const light = (id: string, script: string) =>
  rig.exec(
    id,
    "bomb",
    `sudo rm -f /run/told /run/said; cat > /tmp/bomb.py <<'END'\n${script}\nEND
     nohup sudo sh -c 'timeout 60 python3 /tmp/bomb.py > /run/said 2>&1; echo $? > /run/told' >/dev/null 2>&1 &`,
  );

/** What a bomb said, and its exit code, once it is over. */
async function over(id: string): Promise<{ said: string; code: number }> {
  let text = "";
  await until(
    "the bomb is over",
    async () => {
      const { stdout } = await rig.exec(id, "bomb", "cat /run/told && tail -1 /run/said");
      return (text = stdout.trim());
    },
    120,
  );
  const [code = "", said = ""] = text.split("\n");
  return { said, code: Number(code) };
}

/** The limit of a control group of a machine of ours. */
function limit(id: string, controller: string, file: string): number {
  const path = join("/sys/fs/cgroup", controller, rig.prefix, id, "bomb");
  const own = readdirSync(path, { withFileTypes: true }).find((one) => one.isDirectory());
  return Number(readFileSync(join(path, own?.name ?? "", file), "utf8"));
}

describe.each(BACKENDS)("on %s", (backend) => {
  const id = `bombs-${backend}`;

  test("a fork bomb ends at the machine's limit, and the neighbour's checks go on", async () => {
    await light(
      id,
      `import os, time
count = 0
try:
    while count < 3000:
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
        count += 1
except OSError: pass
print(count, flush=True)
time.sleep(5)`,
    );
    await expectCalm();
    const { said } = await over(id);
    // A container's processes are the host's; a virtual machine's are its own, and its kernel's affair.
    if (backend === "container") expect(Number(said)).toBeLessThan(512);
    const usage = await rig.call<{ machines: { pids: number }[] }>("stats", { play: id });
    expect(usage.machines[0]!.pids).toBeLessThanOrEqual(512);
    expect((await rig.exec(id, "bomb", "echo here")).stdout).toContain("here");
  });

  test("a memory bomb is ended in the machine, and the neighbour's checks go on", async () => {
    await light(
      id,
      `held = []
for one in range(200): held.append(bytearray(b"x" * (10 << 20)))
print("all of it")`,
    );
    await expectCalm();
    const { said, code } = await over(id);
    expect(said).not.toContain("all of it");
    expect(code).not.toBe(0);
    const { machines } = await rig.call<{ machines: { memoryBytes: number }[] }>("stats", {
      play: id,
    });
    expect(machines[0]!.memoryBytes).toBeLessThanOrEqual(GIB / 2 + 320 * 2 ** 20);
    expect(rig.playState(id)).toBe("RUNNING");
  });

  test("a console flood fills no disk and no memory of the host", async () => {
    const size = backend === "container" ? 64 : 1;
    const to = backend === "container" ? "/proc/1/fd/1" : "/dev/ttyS0";
    await light(
      id,
      `line = b"x" * 1023 + b"\\n"
with open("${to}", "wb", buffering=0) as out:
    for one in range(${size} * 1024): out.write(line)
print("done")`,
    );
    await expectCalm();
    await over(id);
    if (backend === "container") {
      const host = process.env["AGON_TEST_DOCKER_HOST"];
      const docker = host ? ["-H", host] : [];
      const name = `${rig.prefix}-${hashOf(id)}-bomb`;
      const { stdout } = await execa("docker", [...docker, "logs", name], {
        reject: false,
        maxBuffer: 100 * 2 ** 20,
      });
      expect(stdout.length).toBeLessThan(4 * 2 ** 20);
    }
    const log = join(rig.folder, "state/microvms");
    for (const folder of readdirSync(log))
      expect(readFileSync(join(log, folder, "qemu.log"), "utf8").length).toBeLessThan(10_000);
  });

  test("its cable has a limit each way, for bytes and for packets", async () => {
    const space = `${rig.prefix}-${hashOf(id)}`;
    const { stdout: queue } = await execa("tc", ["-n", space, "qdisc", "show", "dev", "m0e0"]);
    expect(queue).toMatch(/qdisc tbf .* rate 200Mbit/);
    const rules = async () =>
      (await execa("ip", ["netns", "exec", space, "nft", "list", "table", "netdev", "agon"]))
        .stdout;
    expect(await rules()).toMatch(/ingress device "m0e0"/);
    expect(await rules()).toMatch(/limit rate over 25 mbytes\/second/);
    expect(await rules()).toMatch(/limit rate over 20000\/second/);
  });

  test("its group has limits for memory, processes and processors", () => {
    if (!readdirSync("/sys/fs/cgroup").includes("memory")) return; // cgroup v2: qemu-confinement.test
    const memory = backend === "container" ? GIB / 2 : GIB / 2 + 320 * 2 ** 20;
    const of = backend === "container" ? limit : plain;
    expect(of(id, "memory", "memory.limit_in_bytes")).toBe(memory);
    expect(of(id, "pids", "pids.max")).toBe(backend === "container" ? 512 : 64);
    expect(of(id, "cpu", "cpu.cfs_quota_us")).toBe(100_000);
  });

  // The last one: a container's play does not survive it where disks are watched.
  test("a full disk is the machine's own, and the neighbour's checks go on", async () => {
    const filled = light(
      id,
      // Emulated, most of it is taken at once: written, it would take minutes.
      `import os
try:
    with open("/var/fill", "wb") as out:
        free = os.statvfs("/var").f_bavail * os.statvfs("/var").f_frsize
        if ${backend === "microvm" ? "True" : "False"}:
            os.posix_fallocate(out.fileno(), 0, free - (64 << 20))
            out.seek(0, os.SEEK_END)
        for one in range(2048): out.write(b"x" * (1 << 20))
    print("all of it")
except OSError as error: print(error.strerror)`,
    );
    await filled;
    await expectCalm();
    if (backend === "microvm") {
      expect((await over(id)).said).toBe("No space left on device");
      expect((await rig.exec(id, "bomb", "echo here")).stdout).toContain("here");
      return;
    }
    // With disk quotas the write fails; else hostd stops the play, and says why.
    await until("the machine is full, or its play ended", async () => {
      if (rig.playState(id) === "FAILED") return true;
      // Its machine may go while it is asked.
      const said = rig.exec(id, "bomb", "cat /run/said").then(
        ({ stdout }) => stdout,
        () => "",
      );
      return (await Promise.race([said, pause(5_000, "")])).includes("No space left");
    });
  });
});

/** The limit of a QEMU's control group, which has no group below. */
function plain(id: string, controller: string, file: string): number {
  const path = join("/sys/fs/cgroup", controller, rig.prefix, id, "bomb", file);
  return Number(readFileSync(path, "utf8"));
}

test("QEMU limits what a machine reads and writes, over all its drives together", async () => {
  const sockets = `/run/${rig.prefix}/${hashOf("bombs-microvm/bomb")}/vm`;
  // Its monitor takes one client at a time.
  await rig.kill();
  const qmp = await Qmp.connect(join(sockets, "qmp"), 10_000, () => false);
  const blocks =
    await qmp.ask<{ qdev: string; inserted: Record<string, unknown> }[]>("query-block");
  qmp.close();
  await rig.start();
  const disk = blocks.find(({ inserted }) => inserted["node-name"] === "disk");
  expect(disk?.inserted).toMatchObject({ group: "machine", iops: 1_500, bps: 64 * 2 ** 20 });
});
