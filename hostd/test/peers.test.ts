import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StartPlayRequest } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const BACKENDS = ["container", "microvm"];

/** Two machines for a learner, and one that only watches. */
function peersPlay(backend: string): StartPlayRequest {
  return play(
    `peers-${backend}`,
    [
      machine("desk", "172.16.0.2/24", { backend, welcome: "Mind the step." }),
      machine("store", "172.16.0.3/24", { backend }),
      machine("judge", "172.16.0.4/24", { backend, noSsh: true }),
    ],
    [
      task("init_count", "desk", "echo once >> /root/inits", { kind: "init" }),
      // The usual pattern of reboot challenges (spec 5.11).
      task("seen_boot", "judge", `${SSH} root@desk cat /proc/sys/kernel/random/boot_id`),
      task("came_back", "judge", `test "$(${SSH} root@desk cat /root/again)" = yes`, {
        needs: ["seen_boot"],
      }),
      task("touched", "desk", "test -e /tmp/touched", { needs: ["init_count"] }),
    ],
  );
}
const SSH =
  "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=20 -o LogLevel=ERROR";

beforeAll(async () => {
  await rig.setUp();
  for (const backend of BACKENDS) await rig.call("startPlay", peersPlay(backend));
  await rig.running(
    BACKENDS.map((backend) => `peers-${backend}`),
    400,
  );
  // A play runs before its machines' sshd does.
  const ready = () => rig.events.filter(({ event }) => event?.$case === "ready").length;
  await until("sshd listens in all machines", () => ready() === 3 * BACKENDS.length, 200);
}, 620_000);

afterAll(() => rig.tearDown());

describe.each(BACKENDS)("on %s", (backend) => {
  const id = `peers-${backend}`;
  const run = (name: string, script: string) => rig.exec(id, name, script);

  test("machines of a play log in at each other without a password, as root and as the lab user", async () => {
    expect(await run("desk", `${SSH} store 'id -un; hostname'`)).toMatchObject({
      code: 0,
      stdout: "laborant\nstore\n",
    });
    expect(await run("store", `sudo ${SSH} root@desk 'id -un; hostname'`)).toMatchObject({
      code: 0,
      stdout: "root\ndesk\n",
    });
    const scan = await run("desk", "ssh-keyscan -t ed25519 store 2>/dev/null");
    expect(scan.stdout).toContain("ssh-ed25519");
  });

  test("host keys are each machine's own, and passwords open nothing", async () => {
    const keys = await Promise.all(
      ["desk", "store"].map((name) => run(name, "cat /etc/ssh/ssh_host_ed25519_key.pub")),
    );
    expect(new Set(keys.map(({ stdout }) => stdout.split(" ")[1])).size).toBe(2);
    const denied = await run(
      "desk",
      `${SSH} -o PubkeyAuthentication=no -o PreferredAuthentications=password,none root@store true 2>&1`,
    );
    expect(denied.stdout).toContain("Permission denied (publickey)");
  });

  test("a noSSH machine enters the others, and they do not enter it", async () => {
    await until("the judge was on the desk", () => rig.stateOf(id, "seen_boot") === 40);
    for (const user of ["root", "laborant"])
      expect((await run("desk", `sudo ${SSH} ${user}@judge true 2>&1`)).stdout).toContain(
        "Permission denied",
      );
  });

  test("10.3/5: a reboot inside: the machine is back, its task goes on, nothing is initialised again", async () => {
    const before = await run("desk", "cat /proc/sys/kernel/random/boot_id");
    await run("desk", "echo yes | sudo tee /root/again; sync");
    const ran = rig.machineStates(id, "desk").filter((state) => state === "RUNNING").length;
    await run("desk", "sudo systemctl reboot");
    await until(
      "the desk is back",
      () => rig.machineStates(id, "desk").filter((state) => state === "RUNNING").length > ran,
      180,
    );
    const after = await run("desk", "cat /proc/sys/kernel/random/boot_id; sudo cat /root/inits");
    // Containers share the boot id of their host.
    if (backend === "microvm") expect(after.stdout).not.toContain(before.stdout.trim());
    expect(after.stdout.trim().split("\n").slice(1)).toEqual(["once"]);
    await until("the judge sees what the disk kept", () => rig.stateOf(id, "came_back") === 40, 60);
    expect(rig.stateOf(id, "init_count")).toBe(40);
    await run("desk", "touch /tmp/touched");
    await until("a task of the machine that was rebooted", () => rig.stateOf(id, "touched") === 40);
  }, 240_000);

  test("the first interactive bash prints the welcome, once", async () => {
    const terminal = await rig.terminal(id, "desk");
    await terminal.opened;
    await until("the welcome", () => terminal.text.includes("Mind the step."));
    const second = await rig.terminal(id, "desk");
    await second.opened;
    await second.pid("shell");
    expect(second.text).not.toContain("Mind the step.");
  });
});
