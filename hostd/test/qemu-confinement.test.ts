// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PINNED } from "../src/microvm/machine-copy.ts";
import { HostRig, hashOf, machine, play } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const PLAY = "confined";
const NAMES = ["one", "two"];

beforeAll(async () => {
  await rig.setUp();
  await rig.call(
    "startPlay",
    play(
      PLAY,
      NAMES.map((name, at) => machine(name, `172.16.0.${2 + at}/24`, { backend: "microvm" })),
    ),
  );
  await rig.running([PLAY], 400);
}, 420_000);

afterAll(() => rig.tearDown());

/** Number and folder of a machine's QEMU. */
function qemuOf(name: string): { pid: number; folder: string } {
  const all = join(rig.folder, "state/microvms");
  for (const one of readdirSync(all)) {
    const folder = join(all, one);
    const record = JSON.parse(readFileSync(join(folder, "machine.json"), "utf8"));
    if (record.machine === name) return { pid: record.process.pid, folder };
  }
  throw new Error(`no machine ${name}`);
}

/** The lines of /proc/PID/status, of the process or one of its threads. */
function status(path: string): Record<string, string> {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/:\s+/, 2) as [string, string]));
}

/** Runs a command where a QEMU is, as its user: what somebody could do who took it over. */
const asQemu = (pid: number, script: string) => {
  const uid = String(statSync(`/proc/${pid}`).uid);
  return execa(
    "nsenter",
    [
      ...["-t", String(pid), "-m", "-n", "--", "setpriv", `--reuid=${uid}`, `--regid=${uid}`],
      ...["--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"],
      ...["sh", "-c", script],
    ],
    { reject: false, cwd: "/" },
  );
};

describe.each(NAMES)("the QEMU of machine %s", (name) => {
  test("has a user of its own, no group, no capability, and can gain none", () => {
    const { pid } = qemuOf(name);
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const now = status(`/proc/${pid}/task/${thread}/status`);
      const uids = new Set(now["Uid"]!.split("\t"));
      expect(uids.size).toBe(1);
      expect(Number([...uids][0])).toBeGreaterThan(0x4000_0000);
      expect(now["Gid"]).toBe(now["Uid"]);
      expect(now["Groups"]?.trim() ?? "").toBe("");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        expect(now[set], set).toBe("0000000000000000");
      expect(now["NoNewPrivs"]).toBe("1");
    }
    const others = NAMES.filter((one) => one !== name).map((one) => qemuOf(one).pid);
    for (const other of others)
      expect(statSync(`/proc/${other}`).uid).not.toBe(statSync(`/proc/${pid}`).uid);
  });

  test("runs under seccomp filters in every thread", () => {
    const { pid } = qemuOf(name);
    for (const thread of readdirSync(`/proc/${pid}/task`))
      expect(status(`/proc/${pid}/task/${thread}/status`)["Seccomp"]).toBe("2");
  });

  test("holds no file but its own, and what all share only for reading", () => {
    const { pid, folder } = qemuOf(name);
    const own: string[] = [];
    const shared: string[] = [];
    for (const number of readdirSync(`/proc/${pid}/fd`)) {
      const path = readlinkSync(`/proc/${pid}/fd/${number}`);
      if (/^(socket|anon_inode|pipe):/.test(path)) continue;
      if (["/dev/null", "/dev/urandom", "/dev/net/tun", "/dev/kvm"].includes(path)) continue;
      const info = readFileSync(`/proc/${pid}/fdinfo/${number}`, "utf8");
      const writable = (Number.parseInt(/flags:\s+(\d+)/.exec(info)![1]!, 8) & 3) !== 0;
      const inside = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : "";
      // Second names of files that all machines share.
      const pinned = Object.values(PINNED).includes(inside);
      if (inside && !pinned) own.push(inside);
      else shared.push(`${path}${writable ? " (writable)" : ""}`);
    }
    expect(new Set(own)).toEqual(new Set(["disk.qcow2", "qemu.log"]));
    const cache = JSON.parse(given) as { templates: string; drive: string; disks: object };
    expect(shared.length).toBeGreaterThan(3);
    for (const path of shared) {
      expect(path).not.toContain("(writable)");
      expect(path, "an artefact that all machines share").toMatch(
        new RegExp(
          `^(${[cache.templates, cache.drive].join("|")}|.*/microvm-(kernel|disk)-|${folder}/(${Object.values(PINNED).join("|")}))`,
        ),
      );
    }
  });

  test("sees nothing of the host's files, and other machines' sockets are closed to it", async () => {
    const { pid, folder } = qemuOf(name);
    expect(readdirSync(`/proc/${pid}/root`).sort()).toEqual(
      [...["dev", "etc", "proc", "run", "usr"], ...["bin", "lib", "lib64", "sbin"]].sort(),
    );
    for (const path of [
      folder,
      rig.folder,
      "/etc/passwd",
      "/root",
      "/home",
      "/var",
      "/tmp",
      "/sys",
    ])
      expect((await asQemu(pid, `ls ${path}`)).stderr, path).toContain("No such file");
    // The same command does see what is there.
    const sockets = (of: string) => `/run/${rig.prefix}/${hashOf(`${PLAY}/${of}`)}/vm`;
    expect((await asQemu(pid, `ls ${sockets(name)}`)).stdout.split("\n")).toContain("qmp");
    const other = NAMES.find((one) => one !== name)!;
    expect((await asQemu(pid, `ls ${sockets(other)}`)).stderr).toContain("Permission denied");
    expect(
      (await asQemu(pid, "for p in / /usr/bin /dev /etc; do touch $p/x; done")).stderr,
    ).toMatch(/^(.*(Read-only file system|Permission denied)\n?){4}$/);
    // Other processes of the host do not exist for it.
    const known = await asQemu(pid, "ls /proc | grep -x '[0-9]*'");
    expect(known.stdout.split("\n")).toContain(String(pid));
    expect(known.stdout.split("\n")).not.toContain(String(process.pid));
  });

  test("is in its play's network, and in control groups with limits of its own", () => {
    const { pid } = qemuOf(name);
    const space = statSync(`/run/netns/${rig.prefix}-${hashOf(PLAY)}`).ino;
    expect(statSync(`/proc/${pid}/ns/net`).ino).toBe(space);
    const group = `/${rig.prefix}/${PLAY}/${name}`;
    const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
    const groups = lines.map((line) => line.split(":"));
    const v1 = groups.some(([, controllers]) => controllers === "memory");
    const limits: [string, string, number][] = v1
      ? [
          ["memory", "memory.limit_in_bytes", 832 * 2 ** 20],
          ["cpu", "cpu.cfs_quota_us", 100_000],
          ["pids", "pids.max", 64],
        ]
      : [
          ["", "memory.max", 832 * 2 ** 20],
          ["", "pids.max", 64],
        ];
    for (const [controller, file, value] of limits) {
      const line = groups.find(([, found]) => found!.split(",").includes(controller));
      expect(line?.[2]).toBe(group);
      expect(Number(readFileSync(join("/sys/fs/cgroup", controller, group, file), "utf8"))).toBe(
        value,
      );
    }
  });
});
