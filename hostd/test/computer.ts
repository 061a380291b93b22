// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { until } from "@agon/testing/until";
import type { MicrovmArtefacts } from "../src/microvm/artefacts.ts";

/** Where Debian has the server of a computer's files; it comes with QEMU (qemu-system-common). */
const FILE_SERVERS = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"];
/** Modules that a computer needs to find its files; what is no module is part of the kernel. */
const FIRST = ["virtio_pci", "fuse", "virtiofs", "overlay"];

/** A computer of a test's own. */
export interface ComputerSpec {
  artefacts: MicrovmArtefacts;
  /** QEMU's -cpu: an emulated one, whatever this computer is. */
  processor: string;
  memoryMiB: number;
  /** A shell script, which root runs; what it writes to standard output is the result. */
  script: string;
  /** Seconds until it must have ended. */
  seconds: number;
}

/** What a computer left. */
export interface Ended {
  stdout: string;
  /** Its console, with what the script wrote to standard error. */
  console: string;
}

/**
 * Runs a script as root on an emulated computer with this one's files. They are read there only: what
 * is changed is in its memory, and gone with it. It has no network, and Debian's kernel.
 * @throws Error with its console when it does not end in time.
 */
export async function onComputer(spec: ComputerSpec): Promise<Ended> {
  const server = FILE_SERVERS.find((path) => existsSync(path));
  if (!server) throw new Error("virtiofsd is missing: it comes with Debian's qemu-system-common");
  const folder = mkdtempSync(join(tmpdir(), "agon-computer-"));
  const at = (name: string) => join(folder, name);
  const kernel = Object.values(spec.artefacts.kernels).at(-1)!;
  const children: ChildProcess[] = [];
  try {
    await makeInitrd(kernel, spec.script, at("initrd.gz"));
    mkdirSync(at("sockets"));
    // To it all files of this computer are read-only; in /run it locks its socket.
    const readOnly = `mount --make-rprivate / && mount --bind "$1" "$1" && mount -t tmpfs none /run &&
      mount -o remount,bind,ro / && exec "$2" --socket-path="$1/files" -o source=/ -o sandbox=chroot -o cache=always`;
    const files = spawn(
      "unshare",
      ["--mount", "--", "sh", "-c", readOnly, "files", at("sockets"), server],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    children.push(files);
    let complaints = "";
    files.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
    await until("the computer's files are there", () => {
      if (files.exitCode !== null) throw new Error(complaints);
      return existsSync(join(at("sockets"), "files"));
    });
    const khz = Number((await execa(join(spec.artefacts.drive, "agon-guest"), ["tsc"])).stdout);
    const clock = `tsc=reliable tsc_early_khz=${Math.round(khz)} lpj=${Math.round(khz) * 4} no_timer_check`;
    const qemu = spawn(
      "qemu-system-x86_64",
      [
        ...["-M", "q35,memory-backend=memory", "-accel", "tcg"],
        // One processor: QEMU 7.2 gets code wrong that the kernel changes while another one runs it.
        ...["-cpu", spec.processor, "-smp", "1", "-m", `${spec.memoryMiB}M`],
        ...["-object", `memory-backend-memfd,id=memory,size=${spec.memoryMiB}M,share=on`],
        ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
        ...["-serial", "stdio", "-serial", `file:${at("stdout")}`],
        ...["-chardev", `socket,id=files,path=${join(at("sockets"), "files")}`],
        ...["-device", "vhost-user-fs-pci,chardev=files,tag=host"],
        ...["-kernel", join(kernel, "vmlinuz"), "-initrd", at("initrd.gz")],
        ...["-append", `console=ttyS0 panic=-1 quiet mitigations=off ${clock}`],
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    children.push(qemu);
    let console = "";
    for (const stream of [qemu.stdout, qemu.stderr])
      stream.on("data", (part: Buffer) => (console += part.toString()));
    const late = setTimeout(() => qemu.kill("SIGKILL"), spec.seconds * 1_000);
    const [, signal] = (await once(qemu, "close")) as [number, string | null];
    clearTimeout(late);
    console = console.replaceAll("\r", "");
    if (signal) throw new Error(`the computer did not end within ${spec.seconds} s:\n${console}`);
    return { stdout: readFileSync(at("stdout"), "utf8").replaceAll("\r", ""), console };
  } finally {
    for (const child of children)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGKILL");
        await once(child, "close");
      }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Packs the first process, the modules that it needs and the script. */
async function makeInitrd(kernel: string, script: string, out: string): Promise<void> {
  const version = readFileSync(join(kernel, "version"), "utf8").trim();
  const modules = join(kernel, "modules/lib/modules", version);
  const tree = `${out}.tree`;
  mkdirSync(join(tree, "bin"), { recursive: true });
  const busybox = (await execa("sh", ["-c", "command -v busybox"])).stdout;
  copyFileSync(busybox, join(tree, "bin/busybox"));
  copyFileSync(join(import.meta.dirname, "computer-init.sh"), join(tree, "init"));
  chmodSync(join(tree, "init"), 0o755);
  const files = withNeeds(readFileSync(join(modules, "modules.dep"), "utf8"), FIRST);
  for (const file of files) copyFileSync(join(modules, file), join(tree, basename(file)));
  writeFileSync(join(tree, "modules.list"), files.map((file) => `/${basename(file)}\n`).join(""));
  writeFileSync(join(tree, "modules.folder"), modules);
  writeFileSync(
    join(tree, "run.sh"),
    `(\n${script}\n) > /dev/ttyS1 2> /dev/console\nbusybox poweroff -f\n`,
  );
  const pack = 'cd "$1" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -n1 > "$2"';
  await execa("sh", ["-c", pack, "pack", tree, out]);
}

/** Files of modules, each after those that it needs. */
function withNeeds(dependencies: string, names: string[]): string[] {
  const lines = dependencies.split("\n").map((line) => line.split(/:? /));
  const found = names.flatMap((name) => {
    const line = lines.find(([file = ""]) => basename(file.replace(/:$/, "")) === `${name}.ko`);
    return line ? line.map((file) => file.replace(/:$/, "")).toReversed() : [];
  });
  return [...new Set(found.filter(Boolean))];
}
