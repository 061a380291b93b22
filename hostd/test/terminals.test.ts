import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { OpenSlotReply } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, type Terminal } from "./host-rig.ts";

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
      play(`tty-${backend}`, [machine("desk", "172.16.0.2/24", { backend })]),
    );
  await rig.running(
    BACKENDS.map((backend) => `tty-${backend}`),
    300,
  );
}, 320_000);

afterAll(() => rig.tearDown());

describe.each(BACKENDS)("on %s", (backend) => {
  const slot = (user: string, session: string) =>
    rig.call<OpenSlotReply>("openSlot", {
      play: `tty-${backend}`,
      machine: "desk",
      user,
      exec: false,
      session,
    });
  async function shell(user: string, session: string): Promise<Terminal> {
    const terminal = rig.terminalAt((await slot(user, session)).path);
    await terminal.opened;
    return terminal;
  }
  const says = (terminal: Terminal, text: string) =>
    until(text, () => terminal.text.includes(text), 60);

  test("several at once, each its own shell, of the user that was chosen", async () => {
    const terminals = await Promise.all([
      shell("laborant", "one"),
      shell("laborant", "two"),
      shell("root", "three"),
    ]);
    for (const terminal of terminals) terminal.write('echo "I am $(id -un)."\n');
    await Promise.all(
      ["laborant", "laborant", "root"].map((user, index) =>
        says(terminals[index]!, `I am ${user}.`),
      ),
    );
    const pids = await Promise.all(terminals.map((terminal, index) => terminal.pid(`p${index}`)));
    expect(new Set(pids).size).toBe(3);
  });

  test("who comes back finds the same shell, its screen, and what was above it", async () => {
    const before = await shell("laborant", "back");
    const pid = await before.pid("before");
    before.write("seq -f 'line %g.' 1 300\n");
    await says(before, "line 300.");
    before.socket.close();
    await until("it left", () => before.closed);
    const again = await shell("laborant", "back");
    await says(again, "line 300.");
    expect(again.text).toContain("line 7.");
    expect(await again.pid("after")).toBe(pid);
  });

  test("the shell has the size of the window, at first and when it changes", async () => {
    const terminal = await shell("laborant", "size");
    for (const [rows, cols] of [
      [40, 132],
      [17, 61],
    ]) {
      terminal.send(1, Buffer.from(JSON.stringify({ rows, cols })));
      // The size comes by another way than what is typed.
      await until(
        "the size",
        () => {
          terminal.write("stty size\n");
          return terminal.text.includes(`${rows} ${cols}`);
        },
        60,
      );
    }
  });

  test("who takes nothing in holds the shell up, and nothing is lost once they do", async () => {
    const { path } = await slot("laborant", "flood");
    const socket = new WebSocket(`ws://127.0.0.1:${rig.ports.terminal}${path}`);
    let received = 0;
    let open = 0;
    let taking = false;
    let end = "";
    const ack = () => {
      const body = Buffer.alloc(5);
      body[0] = 2;
      body.writeUInt32BE(open, 1);
      open = 0;
      socket.send(body);
    };
    socket.on("message", (raw: Buffer) => {
      if (raw[0] !== 0) return;
      received += raw.length - 1;
      open += raw.length - 1;
      end = (end + raw.subarray(1).toString()).slice(-2_000);
      if (taking) ack();
    });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    const BYTES = 4_000_000;
    socket.send(
      Buffer.concat([
        Buffer.of(0),
        Buffer.from(`yes | tr -d '\\n' | head -c ${BYTES}; echo en"d."\n`),
      ]),
    );
    let last = -1;
    let still = 0;
    await until(
      "the shell is held up",
      () => {
        still = received === last ? still + 1 : 0;
        last = received;
        return received > 100_000 && still >= 20;
      },
      120,
    );
    expect(received).toBeLessThan(BYTES / 2);
    taking = true;
    ack();
    await until("all of it", () => end.includes("end."), 200);
    expect(received).toBeGreaterThan(BYTES);
    socket.close();
  }, 340_000);
});
