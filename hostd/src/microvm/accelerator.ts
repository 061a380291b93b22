// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { createHash } from "node:crypto";
import { execa } from "execa";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { wholeNumber } from "@agon/daemon/env";
import { bootId } from "../boot-id.ts";
import { readIfThere, writeWhole } from "../disk.ts";
import { kernelFolder, type MicrovmArtefacts } from "./artefacts.ts";
import { patience } from "./patience.ts";

/**
 * Seconds that a test boot under KVM may take on a computer that has nothing else to do, unless
 * AGON_KVM_PROBE_SECONDS says otherwise; a good one takes less than one.
 */
const PROBE = 10;

/** What is known of /dev/kvm where opening it tells nothing else. */
const OPENS = "true";
const NONE = "false";

/** How this computer runs microVMs. */
export interface Accelerator {
  kind: "kvm" | "tcg";
  /** Why, in words for the operator. */
  reason: string;
  /** QEMU's version. */
  qemu: string;
  /** Rate of the time stamp counter in kHz: a guest that can't measure it hangs in early boot. */
  tscKhz: number;
  /** Changes with anything of the processor that a snapshot depends on. */
  cpu: string;
}

interface Known extends Accelerator {
  boot: string;
  inputs: string;
}

/**
 * Finds out by a boot whether KVM works: /dev/kvm may exist, and take a virtual machine, on
 * computers where no guest gets through its early boot. The answer is kept until the computer, QEMU
 * or the kernel for guests changes.
 */
export async function findAccelerator(artefacts: MicrovmArtefacts): Promise<Accelerator> {
  const file = join(artefacts.templates, "accelerator.json");
  const version = /version ([\d.]+)/.exec(
    (await execa("qemu-system-x86_64", ["--version"])).stdout,
  )?.[1];
  if (!version) throw new Error("qemu-system-x86_64 does not tell its version");
  const boot = bootId();
  const device = kvmDevice();
  const inputs = [version, kernelFolder(artefacts), artefacts.drive, device].join(" ");
  const known = JSON.parse(readIfThere(file) ?? "{}") as Partial<Known>;
  if (known.boot === boot && known.inputs === inputs) return known as Known;
  const reason = await whyNotKvm(artefacts, device);
  const found: Accelerator = {
    kind: reason ? "tcg" : "kvm",
    reason: reason ?? "a test boot under KVM succeeded",
    qemu: version,
    // Measured once a boot: another result, a little off on a busy computer, would make all templates anew.
    tscKhz: (known.boot === boot && known.tscKhz) || (await tscRate(artefacts)),
    // The emulated processor is QEMU's own; with KVM it is this computer's.
    cpu: reason ? "max" : cpuDigest(),
  };
  writeWhole(file, JSON.stringify({ ...found, boot, inputs }));
  return found;
}

function cpuDigest(): string {
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const lines = info.split("\n").filter((line) => /^(model name|flags)\s*:/.test(line));
  return createHash("sha256")
    .update([...new Set(lines)].join("\n"))
    .digest("hex")
    .slice(0, 16);
}

/** How opening /dev/kvm ends: an error's code, or well. Where a module is loaded later that changes. */
function kvmDevice(): string {
  try {
    closeSync(openSync("/dev/kvm", "r+"));
    return OPENS;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? NONE : (code ?? String(error));
  }
}

async function whyNotKvm(artefacts: MicrovmArtefacts, device: string): Promise<string | undefined> {
  const kernel = kernelFolder(artefacts);
  if (device === NONE) return "there is no /dev/kvm on this computer";
  const seconds = Math.round(wholeNumber("AGON_KVM_PROBE_SECONDS", PROBE, 1, 600) * patience());
  const probe = await execa(
    "qemu-system-x86_64",
    [
      ...["-M", "microvm", "-accel", "kvm", "-cpu", "host", "-smp", "1", "-m", "128M"],
      ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"],
      ...["-kernel", join(kernel, "vmlinuz"), "-initrd", join(kernel, "initrd.gz")],
      ...["-append", "console=ttyS0 reboot=t panic=-1 quiet agon.probe"],
    ],
    {
      reject: false,
      timeout: seconds * 1_000,
      killSignal: "SIGKILL",
      maxBuffer: 1_000_000,
      stdin: "ignore",
    },
  );
  if (probe.stdout.includes("AGON-PROBE-OK")) return undefined;
  if (probe.timedOut) return `a test boot under KVM did not finish within ${seconds} s`;
  const said = probe.stderr.trim().split("\n").at(-1);
  return `a test boot under KVM failed${said ? `: ${said.slice(0, 200)}` : ""}`;
}

/** Measured; the rate in /proc/cpuinfo follows the power management on some computers. */
async function tscRate({ drive }: MicrovmArtefacts): Promise<number> {
  const { stdout } = await execa(join(drive, "agon-guest"), ["tsc"]);
  const khz = Math.round(Number(stdout) / 100) * 100;
  if (!(khz > 100_000)) throw new Error(`the time stamp counter's rate is unknown (${stdout})`);
  return khz;
}
