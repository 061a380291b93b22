import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MicrovmArtefacts } from "../src/microvm/artefacts.ts";
import { qemusOf } from "../src/microvm/qemu-process.ts";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const artefacts = JSON.parse(given) as MicrovmArtefacts;
const rig = new HostRig(given);

/** Five plays of two machines each, with own names and addresses: ten clones of one template. */
const PLAYS = ["clones-0", "clones-1", "clones-2", "clones-3", "clones-4"];
const CLONES = PLAYS.flatMap((id, index) =>
  [2 * index, 2 * index + 1].map((number) => ({
    play: id,
    name: `m${number}`,
    address: `172.16.0.${10 + number}`,
  })),
);

/** What the driver keeps of a machine. */
function recordOf(id: string, name: string): { process: { pid: number }; template: string } {
  const folder = join(rig.folder, "state/microvms");
  for (const one of readdirSync(folder)) {
    const record = JSON.parse(readFileSync(join(folder, one, "machine.json"), "utf8"));
    if (record.play === id && record.machine === name) return record;
  }
  throw new Error(`no machine ${id}/${name}`);
}

async function inside(id: string, name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await rig.exec(id, name, script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** Waits until a machine runs once more than `times` times. */
async function again(id: string, name: string, times: number): Promise<void> {
  const runs = () => rig.machineStates(id, name).filter((state) => state === "RUNNING").length;
  await until(`${name} runs again`, () => runs() > times, 180);
}

beforeAll(async () => {
  await rig.setUp();
  for (const [index, id] of PLAYS.entries()) {
    const two = CLONES.filter((clone) => clone.play === id);
    const machines = two.map(({ name, address }) =>
      machine(name, `${address}/24`, { backend: "microvm" }),
    );
    const tasks = [
      task("init_once", "m0", "echo begun >> /root/begun", { kind: "init" }),
      task("verify_first", "m0", "test -e /root/first", { needs: ["init_once"] }),
      task("verify_second", "m0", "test -e /root/second", { needs: ["verify_first"] }),
      task("verify_third", "m0", "test -e /root/third", { needs: ["verify_first"] }),
      task("verify_fourth", "m0", "test -e /root/fourth", { needs: ["verify_first"] }),
    ];
    await rig.call("startPlay", play(id, machines, index === 0 ? tasks : []));
  }
  // With a cold cache the template is booted first, once for all.
  await rig.running(PLAYS, 400);
}, 420_000);

afterAll(() => rig.tearDown());

test("ten clones of one template have identities of their own, and none needed a second restore", async () => {
  const seen: Record<string, Set<string>> = {};
  for (const { play: id, name, address } of CLONES) {
    const found = await inside(
      id,
      name,
      `echo "machine-id $(cat /etc/machine-id)"
       echo "host-key $(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)"
       echo "mac $(cat /sys/class/net/eth0/address)"
       echo "address $(ip -4 -br addr show eth0 | tr -s ' ' | cut -d' ' -f3)"
       echo "hostname $(hostname)"
       echo "credential $(sudo sha256sum /run/agon-host/credential)"
       echo "random $(head -c 16 /dev/urandom | od -An -tx1)"
       echo "uuid $(cat /proc/sys/kernel/random/uuid)"`,
    );
    const facts = Object.fromEntries(
      found
        .trim()
        .split("\n")
        .map((line) => [line.split(" ", 1)[0]!, line.slice(line.indexOf(" ") + 1)]),
    );
    expect(facts).toMatchObject({ address: `${address}/24`, hostname: name });
    for (const [fact, value] of Object.entries(facts)) {
      expect(value, fact).toMatch(/\w{2}/);
      (seen[fact] ??= new Set()).add(value);
    }
  }
  expect(Object.keys(seen)).toHaveLength(8);
  for (const [fact, values] of Object.entries(seen)) expect(values.size, fact).toBe(CLONES.length);
  expect(rig.output).not.toContain("a restored guest is silent");
  expect(new Set(CLONES.map((clone) => recordOf(clone.play, clone.name).template)).size).toBe(1);
});

test("their clocks are right within 100 ms", async () => {
  for (const { play: id, name } of CLONES) {
    const shell = await rig.terminal(id, name, { session: "clock" });
    await shell.opened;
    // The clock was read between question and answer: a quick answer leaves no doubt.
    for (let asked = 0, sure = false; !sure; asked++) {
      const before = Date.now();
      shell.write(`echo "t${asked}=$EPOCHREALTIME"\n`);
      const told = new RegExp(`t${asked}=(\\d+\\.\\d+)`);
      const guest = await until("the time", async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return told.exec(shell.text)?.[1];
      });
      const after = Date.now();
      if (after - before > 150 && asked < 60) continue;
      const ms = Number(guest) * 1_000;
      expect(ms, `${name} is late`).toBeGreaterThan(before - 100);
      expect(ms, `${name} is early`).toBeLessThan(after + 100);
      sure = true;
    }
    shell.socket.close();
  }
});

test("a task is completed, an exec gives its exit code, and the machines of a play reach each other by name", async () => {
  expect(rig.stateOf("clones-0", "init_once")).toBe(40);
  await inside("clones-0", "m0", "sudo touch /root/first");
  await until("the task is completed", () => rig.stateOf("clones-0", "verify_first") === 40);
  expect(await rig.exec("clones-0", "m0", "echo out; echo err >&2; id -un; exit 7")).toEqual({
    code: 7,
    stdout: "out\nlaborant\n",
    stderr: "err\n",
  });
  expect(
    await inside(
      "clones-0",
      "m0",
      "ping -c1 -W5 m1 >/dev/null; ping -c1 -W5 m1.local | grep -c ttl",
    ),
  ).toBe("1\n");
  // Nobody else is there: not the host, not another play's machine.
  expect(
    await inside(
      "clones-0",
      "m0",
      "for a in 172.16.0.12 172.17.0.1 1.1.1.1; do ping -c1 -W1 $a >/dev/null 2>&1 && echo $a; done; true",
    ),
  ).toBe("");
});

test("the journal is the machine's own, and journalctl finds it, as it does after a reboot", async () => {
  const told = (word: string) => `logger -t clones ${word}; sudo journalctl --sync`;
  const read = "sudo journalctl -q -t clones --no-pager -o cat";
  expect(await inside("clones-0", "m1", `${told("first")}; ${read}`)).toBe("first\n");
  expect(await inside("clones-1", "m2", read)).toBe("");
  const runs = rig.machineStates("clones-0", "m1").filter((state) => state === "RUNNING").length;
  await rig.exec("clones-0", "m1", "sudo systemctl reboot");
  await again("clones-0", "m1", runs);
  expect(await inside("clones-0", "m1", `${told("second")}; ${read}`)).toBe("first\nsecond\n");
  expect(await inside("clones-0", "m1", `${read} -b`)).toBe("second\n");
}, 240_000);

test("kill -9 of hostd: the machines go on and are taken up", async () => {
  const { pid } = recordOf("clones-0", "m0").process;
  await rig.kill();
  await rig.start();
  await inside("clones-0", "m0", "sudo touch /root/second");
  await until("a task goes on", () => rig.stateOf("clones-0", "verify_second") === 40);
  expect(recordOf("clones-0", "m0").process.pid).toBe(pid);
  // While a template is made, CREATED is told again with what it waits for.
  expect([...new Set(rig.machineStates("clones-0", "m0"))]).toEqual([
    "CREATED",
    "STARTING",
    "RUNNING",
  ]);
  expect(rig.machineStates("clones-0", "m0").filter((state) => state === "RUNNING")).toHaveLength(
    1,
  );
});

test("a reboot inside: the same disk, tasks go on, nothing is initialised again", async () => {
  const { template } = recordOf("clones-0", "m0");
  const { coldBootMs } = JSON.parse(readFileSync(join(template, "template.json"), "utf8"));
  const key = await inside("clones-0", "m0", "cat /etc/ssh/ssh_host_ed25519_key.pub");
  const before = await inside("clones-0", "m0", "cat /proc/sys/kernel/random/boot_id");
  await rig.exec("clones-0", "m0", "sudo systemctl reboot");
  await until("it goes down", () => rig.machineStates("clones-0", "m0").includes("REBOOTING"));
  const from = performance.now();
  await again("clones-0", "m0", 1);
  const ms = performance.now() - from;
  expect(ms).toBeLessThan(1.5 * coldBootMs);
  expect(await inside("clones-0", "m0", "cat /proc/sys/kernel/random/boot_id")).not.toBe(before);
  expect(await inside("clones-0", "m0", "cat /etc/ssh/ssh_host_ed25519_key.pub")).toBe(key);
  await inside("clones-0", "m0", "sudo touch /root/third");
  await until("a task goes on", () => rig.stateOf("clones-0", "verify_third") === 40);
  expect(
    await inside("clones-0", "m0", "sudo cat /root/begun; ping -c1 -W5 m1 | grep -c ttl"),
  ).toBe("begun\n1\n");
}, 240_000);

test("kill -9 of QEMU is healed: the same disk and task states", async () => {
  await inside("clones-0", "m0", "sudo sync");
  const runs = rig.machineStates("clones-0", "m0").filter((state) => state === "RUNNING").length;
  process.kill(recordOf("clones-0", "m0").process.pid, "SIGKILL");
  await again("clones-0", "m0", runs);
  await inside("clones-0", "m0", "sudo touch /root/fourth");
  await until("a task goes on", () => rig.stateOf("clones-0", "verify_fourth") === 40);
  expect(await inside("clones-0", "m0", "sudo cat /root/begun")).toBe("begun\n");
}, 240_000);

test("QEMU is an unprivileged user of its own, confined, with limits", () => {
  const users = CLONES.map(({ play: id, name }) => {
    const { pid } = recordOf(id, name).process;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(/^CapEff:\s+(\w+)/m.exec(status)?.[1]).toBe("0000000000000000");
    expect(/^NoNewPrivs:\s+(\d)/m.exec(status)?.[1]).toBe("1");
    expect(/^Seccomp:\s+(\d)/m.exec(status)?.[1]).toBe("2");
    const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
    expect(groups).toContain(`/${rig.prefix}/${id}/${name}`);
    return /^Uid:\s+(\d+)/m.exec(status)![1]!;
  });
  expect(new Set(users).size).toBe(CLONES.length);
  expect(users).not.toContain("0");
});

test("an idle machine gives its translated code back, and goes on", async ({ skip }) => {
  const { pid } = recordOf("clones-1", "m2").process;
  const preloads = readFileSync(`/proc/${pid}/environ`, "utf8").includes("LD_PRELOAD=");
  skip(!preloads, "this computer's QEMU translates nothing, or is not one that can give it back");
  /** MiB of translated code: the only memory of QEMU that it both writes and runs. */
  const code = () => {
    const maps = readFileSync(`/proc/${pid}/smaps`, "utf8").split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    const both = maps.filter((one) => one.split(" ")[1]?.startsWith("rwx"));
    return both.reduce((sum, one) => sum + Number(/^Rss:\s+(\d+)/m.exec(one)![1]) / 1024, 0);
  };
  await inside(
    "clones-1",
    "m2",
    "find /usr -name '*.so*' | sort | md5sum; python3 -c 'import json'",
  );
  const before = code();
  expect(before).toBeGreaterThan(20);
  await until("its code is given back", () => code() < before / 2, 110);
  expect((await inside("clones-1", "m2", "seq 1000 | tail -n 1")).trim()).toBe("1000");
});

test("destroy leaves nothing", async () => {
  for (const id of PLAYS) await rig.call("destroyPlay", { play: id });
  await until("all is told", () => PLAYS.every((id) => rig.playState(id) === "DESTROYED"));
  expect(await rig.left()).toBe("");
  expect(qemusOf(`unix:/run/${rig.prefix}/`)).toEqual([]);
  expect(readdirSync(join(rig.folder, "state/microvms"))).toEqual([]);
  expect(existsSync(artefacts.templates)).toBe(true);
  const { stdout } = await execa("sh", ["-c", "ip -br link show type tun | wc -l"]);
  expect(stdout).toBe("0");
  expect(rig.output).not.toContain("control groups are left");
});
