import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * What a QEMU sees of the host's files: the programs and libraries of /usr, read-only; four devices;
 * its own entries of /proc; and the folder of sockets, where each machine's user can enter only its
 * own. Nothing of /etc but what the loader needs, no home, no data, no other machine's disk.
 */
const SCRIPT = String.raw`
set -eu
new=$1 run=$2
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=256k,nosuid agon-jail "$new"
cd "$new"
mkdir -p usr etc dev/net proc ".$run" old
mount --bind /usr usr
mount -o remount,bind,ro,nosuid,nodev usr
for name in bin sbin lib lib32 lib64; do
  if [ -L "/$name" ]; then cp -P "/$name" "$name"
  elif [ -d "/$name" ]; then
    mkdir "$name"; mount --bind "/$name" "$name"; mount -o remount,bind,ro,nosuid,nodev "$name"
  fi
done
# Debian chooses some libraries by links there.
if [ -d /etc/alternatives ]; then
  mkdir etc/alternatives; mount --bind /etc/alternatives etc/alternatives
  mount -o remount,bind,ro,nosuid,nodev etc/alternatives
fi
[ ! -e /etc/ld.so.cache ] || cp /etc/ld.so.cache etc/
for device in null urandom net/tun kvm; do
  [ -e "/dev/$device" ] || continue
  # A device of our own: the host's may be for root or a group only, and stays so.
  mknod -m 666 "dev/$device" c $(stat -c '0x%t 0x%T' "/dev/$device")
done
mount -t proc -o nosuid,nodev,noexec,hidepid=2 proc proc
mount --bind "$run" ".$run"
mount -o remount,bind,nosuid,nodev,noexec ".$run"
pivot_root . old
umount -l /old
rmdir /old
mount -o remount,ro,nosuid /
echo ready
read -r _ || true
`;

/** Namespaces in which QEMUs run: a file system with nothing of the host's, and a network without a cable. */
export class QemuJail implements Disposable {
  readonly #mount: number;
  readonly #net: number;

  private constructor(mount: number, net: number) {
    this.#mount = mount;
    this.#net = net;
  }

  /**
   * Makes the namespaces. They live as long as this object or a process in them, and leave nothing behind.
   * @param runFolder absolute folder of the sockets that QEMUs make.
   */
  static async make(runFolder: string): Promise<QemuJail> {
    // There, a later hostd finds what one that was killed at this moment left.
    const place = mkdtempSync(join(runFolder, "jail-"));
    const child = spawn(
      "unshare",
      ["--mount", "--net", "--", "sh", "-c", SCRIPT, "jail", place, runFolder],
      { stdio: "pipe", cwd: "/", env: { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` } },
    );
    try {
      let said = "";
      child.stderr.on("data", (part: Buffer) => (said += part.toString()));
      const ended = once(child, "close");
      const ready = once(child.stdout, "data");
      if ((await Promise.race([ready, ended])).length !== 1)
        throw new Error(`QEMU's part of the file system can't be made: ${said.trim()}`);
      const at = `/proc/${child.pid}/ns`;
      const mount = openSync(join(at, "mnt"), "r");
      return new QemuJail(mount, openSync(join(at, "net"), "r"));
    } finally {
      child.stdin.end();
      // Its file system is the root of the namespace now, and not mounted there any more.
      rmSync(place, { recursive: true, force: true });
    }
  }

  /**
   * The command before a command that shall run inside.
   * @param space a network namespace's name; without it there is no network at all.
   */
  enter(space: string | undefined): string[] {
    // A child finds our files under our number.
    const own = (file: number) => `/proc/${process.pid}/fd/${file}`;
    const net = space ? `/run/netns/${space}` : own(this.#net);
    return ["nsenter", `--mount=${own(this.#mount)}`, `--net=${net}`, "--"];
  }

  [Symbol.dispose](): void {
    closeSync(this.#mount);
    closeSync(this.#net);
  }
}
