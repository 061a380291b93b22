import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MachineSpec } from "@agon/protocol/host";
import { TaskSpec } from "@agon/protocol/machine";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { dockerEngine } from "../src/docker.ts";
import { needsSystemd, whyNoGvisor } from "../src/gvisor.ts";
import { HostRig, machine, play, task } from "./host-rig.ts";
import { probeScript, targetName, type Target } from "./machine-probes.ts";

const rig = new HostRig();
const PLAY = "sandboxed";
const PORT = 7124;
const reached: string[] = [];
const tcp = createServer((socket) => {
  reached.push("tcp");
  socket.on("error", () => undefined).end();
});
const udp = createSocket("udp4", () => reached.push("udp"));
/** Why the engine of these tests can't run gVisor; empty = it can, as after the set-up of `./agon test`. */
const lacking = await whyNoGvisor(dockerEngine());

const spec = play(
  PLAY,
  [
    machine("inner", "172.16.0.2/24", { backend: "gvisor" }),
    machine("beside", "172.16.0.3/24", { backend: "container" }),
  ],
  [
    task("init_it", "inner", "touch /root/begun", { kind: "init" }),
    task("verify_it", "inner", "ls /tmp/done", { needs: ["init_it"] }),
  ],
);

beforeAll(async () => {
  await new Promise<void>((done) => tcp.listen(PORT, "0.0.0.0", done));
  await new Promise<void>((done) => udp.bind(PORT, "0.0.0.0", done));
  await rig.setUp();
  if (lacking) return;
  await rig.call("startPlay", spec);
  await rig.call("startPlay", play("elsewhere", [machine("far", "172.16.0.4/24")]));
  await rig.running([PLAY, "elsewhere"], 200);
});

afterAll(async () => {
  tcp.close();
  udp.close();
  await rig.tearDown();
});

const inside = async (script: string) => {
  const { code, stdout, stderr } = await rig.exec(PLAY, "inner", script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
};

const refusal = (id: string, one: MachineSpec, tasks: TaskSpec[] = [], on = rig) =>
  on.call("startPlay", play(id, [one], tasks)).then(
    () => "taken",
    (error: Error) => error.message,
  );

test("what needs systemd is told from scripts and startup files, and from nothing else", () => {
  const one = machine("one", "");
  const says = (run: string) => needsSystemd(one, [task("verify_a", "one", run)]);
  expect(says("systemctl is-active nginx")).toBe("task verify_a runs systemctl");
  expect(says("sudo service nginx status")).toBe("task verify_a runs service");
  expect(says("journalctl -u ssh | grep x")).toBe("task verify_a runs journalctl");
  expect(says("grep -q 'a service of ours' /srv/systemd.txt")).toBeUndefined();
  const file = {
    content: Buffer.alloc(0),
    owner: "",
    mode: 0,
    append: false,
    extract: false,
    source: "",
  };
  const unit = { ...file, path: "/etc/systemd/system/a.service" };
  expect(needsSystemd(machine("one", "", { startupFiles: [unit] }), [])).toContain("a.service");
});

test("a host without gVisor names what it has", async () => {
  const plain = new HostRig("", here(), "0", { AGON_BACKENDS: "container" });
  await plain.setUp();
  try {
    expect(
      await refusal("no-such", machine("one", "", { backend: "gvisor" }), [], plain),
    ).toContain("this host has no backend gvisor; it has: container");
  } finally {
    await plain.tearDown();
  }
});

test.runIf(lacking)("a host whose engine has no gVisor says so", async () => {
  expect(rig.output).toContain("the Docker engine has no runtime runsc");
  expect(await refusal("lacking", spec.machines[0]!)).toContain("no backend gvisor");
});

describe.skipIf(lacking)("a machine under gVisor", () => {
  test("has another kernel than the host", async () => {
    expect(await inside("dmesg | head -1")).toContain("Starting gVisor");
  });

  test("sees the memory of its playground, though it may cost the host more", async () => {
    const seen = await inside("awk '/MemTotal/ {print $2}' /proc/meminfo; ulimit -u");
    expect(seen).toBe(`${512 * 1024}\n64`);
  });

  test("is judged: its init task ran, and a task turns green once its file is there", async () => {
    expect(rig.stateOf(PLAY, "init_it")).toBe(40);
    await inside("touch /tmp/done");
    await until("the task is completed", () => rig.stateOf(PLAY, "verify_it") === 40);
  });

  test("has terminals that outlive hostd, and its network", async () => {
    const shell = await rig.terminal(PLAY, "inner", { session: "kept" });
    await shell.opened;
    const pid = await shell.pid("BEFORE");
    await rig.kill();
    await rig.start();
    const again = await rig.terminal(PLAY, "inner", { session: "kept" });
    await again.opened;
    expect(await again.pid("AFTER")).toBe(pid);
    expect(await inside("ip -o -4 addr show eth0 | awk '{print $4}'")).toBe("172.16.0.2/24");
    await rig.exec(PLAY, "beside", "sudo systemd-run -q --collect socat TCP-LISTEN:99,fork PIPE");
    const found: Target = { kind: "tcp", address: "172.16.0.3", port: 99 };
    await until("the machine beside is reached", async () =>
      (await inside(probeScript([found]))).includes(targetName(found)),
    );
  });

  test("reaches neither host nor other plays", async () => {
    const hosts = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address);
    const targets = [...hosts, "172.16.0.4", "172.17.0.1", "169.254.169.254"].flatMap((address) =>
      [PORT, rig.ports.grpc, rig.ports.terminal, 80].flatMap((port): Target[] => [
        { kind: "tcp", address, port },
        { kind: "udp", address, port },
      ]),
    );
    // A few at once: each is some processes, of which a user has no more than about a hundred there.
    for (let at = 0; at < targets.length; at += 12)
      expect(await inside(probeScript(targets.slice(at, at + 12)))).toBe("");
    expect(reached).toEqual([]);
  });

  // By root as well: that is how its task looks for a file.
  test("files can be listed and looked at", async () => {
    const said = await inside("ls -l /etc/passwd; stat -c %U:%a /etc/passwd; ls /");
    expect(said).toMatch(/^-rw-r--r-- 1 root root .* \/etc\/passwd\nroot:644\n/);
    expect(said.split("\n")).toContain("usr");
  });

  test("counts its own processes, and a swarm of them up to the limit does not end it", async () => {
    const pids = async () => {
      const { machines } = await rig.call<{ machines: { machine: string; pids: number }[] }>(
        "stats",
        { play: PLAY },
      );
      return machines.find(({ machine: name }) => name === "inner")!.pids;
    };
    // The sandbox alone has more threads on the host.
    expect(await pids()).toBeLessThan(25);
    const forked = await inside(`python3 - <<'END'
import os, signal, time
children = []
try:
    while len(children) < 600:
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        children.append(child)
except OSError: pass
print(len(children), flush=True)
for child in children: os.kill(child, signal.SIGKILL)
END`);
    // 64 of each user.
    expect(Number(forked)).toBeGreaterThan(45);
    expect(Number(forked)).toBeLessThan(64);
    // Each of them forks, until all together tried it 3000 times: far above the limit. And again, for the
    // sandbox keeps what each swarm took.
    for (const swarm of ["first", "second"]) {
      await inside(`python3 - <<'END'
import os
tries = os.open("/tmp/${swarm}", os.O_RDWR | os.O_CREAT | os.O_APPEND)
while os.fstat(tries).st_size < 3000:
    os.write(tries, b".")
    try: os.fork()
    except OSError: pass
os._exit(0)
END`);
      await until(`the ${swarm} swarm is gone`, async () => (await pids()) < 25, 120);
    }
    // The sandbox did not die of any of it.
    expect(rig.machineStates(PLAY, "inner")).not.toContain("REBOOTING");
    expect(await inside("cat /proc/1/comm && test -e /tmp/done && echo same")).toBe("bash\nsame");
  });

  test("is refused with the reason when it needs systemd", async () => {
    const one = machine("one", "172.16.0.2/24", { backend: "gvisor" });
    expect(await refusal("needy", one, [task("verify_a", "one", "systemctl status")])).toContain(
      "gVisor's machines have no systemd, and task verify_a runs systemctl; use the backend container or microvm",
    );
  });

  test("goes without a trace", async () => {
    for (const id of [PLAY, "elsewhere"]) await rig.call("destroyPlay", { play: id });
    expect(await rig.left()).toBe("");
  });
});
