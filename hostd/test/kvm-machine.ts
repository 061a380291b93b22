import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { until } from "@agon/testing/until";
import { HostRig, machine, play, task } from "./host-rig.ts";

// Runs on a computer that kvm.test.ts makes: a hostd with one machine. What is seen is told, a line each.
const rig = new HostRig(process.env["AGON_TEST_MICROVM"]!, undefined, "0", {
  AGON_BACKENDS: "microvm",
  // Emulated, a second is many.
  AGON_KVM_PROBE_SECONDS: "120",
});
const PLAY = "nested";
const tell = (told: object) => console.log(JSON.stringify(told));

/** The machine's QEMU, as /proc has it. */
function qemu(): string {
  const folder = join(rig.folder, "state/microvms");
  const [one] = readdirSync(folder);
  const { process: mark } = JSON.parse(readFileSync(join(folder, one!, "machine.json"), "utf8"));
  return `/proc/${mark.pid}`;
}

/** What it may do with the memory of its template, by each file that it has open: 0 = read. */
function rights(): number[] {
  const { templates } = JSON.parse(process.env["AGON_TEST_MICROVM"]!) as { templates: string };
  return readdirSync(`${qemu()}/fd`)
    .filter((file) => {
      const path = readlinkSync(`${qemu()}/fd/${file}`);
      return path.startsWith(templates) && path.endsWith("/memory");
    })
    .map((file) => readFileSync(`${qemu()}/fdinfo/${file}`, "utf8"))
    .map((info) => Number.parseInt(/flags:\s+(\d+)/.exec(info)![1]!, 8) & 3);
}

/** `./agon status` of an arena whose hostd is this one. */
async function status(): Promise<string> {
  const arena = join(rig.folder, "arena");
  mkdirSync(join(arena, "run"), { recursive: true });
  symlinkSync(join(rig.folder, "state"), join(arena, "hostd"));
  const service = { name: "hostd", health: "tcp://127.0.0.1:9", address: "" };
  writeFileSync(join(arena, "run/plan.json"), JSON.stringify({ services: [service] }));
  const main = join(import.meta.dirname, "../../front-door/src/main.ts");
  const { stdout } = await execa(process.execPath, [main, "status"], { env: { AGON_DIR: arena } });
  return stdout;
}

try {
  await rig.setUp();
  const one = machine("one", "172.16.0.2/24", { backend: "microvm", memoryBytes: 384 * 2 ** 20 });
  await rig.call("startPlay", play(PLAY, [one], [task("seen", "one", "test -e /tmp/seen")]));
  await rig.running([PLAY], 400);
  tell({ capacity: await rig.call<object>("capacity", {}) });
  tell({ state: JSON.parse(readFileSync(join(rig.folder, "state/microvm.json"), "utf8")) });
  tell({ status: await status() });
  tell({ line: readFileSync(`${qemu()}/cmdline`, "utf8").split("\0") });
  tell({ rights: [...new Set(rights())] });
  tell({ exec: await rig.exec(PLAY, "one", "systemd-detect-virt; hostname; touch /tmp/seen") });
  await until("the task is completed", () => rig.stateOf(PLAY, "seen") === 40, 240);
  tell({ task: 40 });
  // With its memory: the shell's process is the same one afterwards.
  const before = await rig.exec(
    PLAY,
    "one",
    "setsid sleep 9999 > /dev/null 2>&1 < /dev/null & echo $!",
  );
  await rig.call("stopPlay", { play: PLAY, memory: true });
  await until("the play is paused", () => rig.playState(PLAY) === "STOPPED", 180);
  await rig.call("restartPlay", { play: PLAY });
  await until("the play goes on", () => rig.playState(PLAY) === "RUNNING", 180);
  const script = `cat /proc/${before.stdout.trim()}/comm`;
  tell({ resumed: await rig.exec(PLAY, "one", script) });
  await rig.tearDown();
} finally {
  // Its log tells how machines came up.
  for (const line of rig.output.split("\n"))
    if (line.startsWith("{")) tell({ log: JSON.parse(line) });
}
process.exit(0);
