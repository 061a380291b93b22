import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatsReply } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const BACKENDS = ["container", "microvm"];

beforeAll(async () => {
  await rig.setUp();
  for (const backend of BACKENDS)
    await rig.call(
      "startPlay",
      play(
        `ready-${backend}`,
        [
          machine("desk", "172.16.0.2/24", { backend }),
          // Nobody may enter it; the other machines of the play may.
          machine("judge", "172.16.0.3/24", { backend, noSsh: true }),
        ],
        [task("init_it", "desk", "test -e /tmp/go", { kind: "init" })],
      ),
    );
}, 60_000);

afterAll(() => rig.tearDown());

describe.each(BACKENDS)("on %s", (backend) => {
  const id = `ready-${backend}`;
  /** Numbers of the events that say that a machine is ready. */
  const readies = (name: string) =>
    rig.events.flatMap(({ play: owner, event, n }) =>
      owner === id && event?.$case === "ready" && event.value.machine === name ? [n] : [],
    );
  const stats = async (name: string) => {
    const { machines } = await rig.call<StatsReply>("stats", { play: id });
    return machines.find((one) => one.machine === name)!;
  };

  test("both machines become Ready, and the play runs only once its init task is completed", async () => {
    await until("both are ready", () => readies("desk").length && readies("judge").length, 300);
    expect(await stats("desk")).toMatchObject({ ready: true, reboots: 0, rebootMs: 0 });
    expect(rig.playState(id)).toBe("WARMING_UP");
    await rig.exec(id, "desk", "touch /tmp/go");
    await rig.running([id], 60);
    // From the other machine, as a client of the play would.
    const { code, stdout } = await rig.exec(id, "desk", "ssh-keyscan -T 20 judge 2>/dev/null");
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("ssh-ed25519"),
    });
  }, 400_000);

  test("without a listening sshd it is not Ready after a reboot, and is as soon as there is one", async () => {
    await rig.exec(
      id,
      "desk",
      "sudo systemctl disable ssh.socket 2>/dev/null; sudo sync; sudo systemctl reboot",
    );
    await until(
      "it runs again",
      () => rig.machineStates(id, "desk").filter((one) => one === "RUNNING").length === 2,
      240,
    );
    const { code } = await rig.exec(id, "desk", "ss -Hltn 'sport = :22' | grep -q .");
    expect(code).toBe(1);
    expect(readies("desk")).toHaveLength(1);
    expect(await stats("desk")).toMatchObject({ ready: false, reboots: 1 });
    await rig.exec(id, "desk", "sudo systemctl start ssh.socket");
    await until("it is ready again", () => readies("desk").length === 2, 60);
    expect(await stats("desk")).toMatchObject({ ready: true, reboots: 1 });
    expect(readies("judge")).toHaveLength(1);
  }, 300_000);

  test("how long the reboot and a cold boot took is told, after a restart of hostd as well", async () => {
    const before = await stats("desk");
    expect(before.rebootMs).toBeGreaterThan(0);
    expect(before.coldBootMs).toBeGreaterThan(0);
    /** What ./agon status reads. */
    const told = () =>
      (JSON.parse(readFileSync(join(rig.folder, "state/reboots.json"), "utf8")) as object[]).filter(
        (one) => (one as { play: string }).play === id,
      );
    const { reboots: times, rebootMs: last, coldBootMs: cold } = before;
    const expected = [
      { play: id, machine: "desk", reboots: times, rebootMs: last, coldBootMs: cold },
    ];
    const same = () => JSON.stringify(told()) === JSON.stringify(expected);
    await until("it is told for status", same, 30);
    await rig.kill();
    await rig.start();
    await until("it is taken up", async () => (await stats("desk"))?.ready, 120);
    await until("it is told again", same, 30);
    const { ready, reboots, rebootMs, coldBootMs } = before;
    expect(await stats("desk")).toMatchObject({ ready, reboots, rebootMs, coldBootMs });
    expect(readies("desk")).toHaveLength(2);
  }, 180_000);
});
