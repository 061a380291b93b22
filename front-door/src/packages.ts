import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "./fault.ts";
import { wantedBackends } from "./backends.ts";
import { must } from "./run.ts";
import { step } from "./step.ts";

/** A command, or a file by its path, that must be there, and the Debian package that brings it. */
interface Need {
  command: string;
  package: string;
  when?: (forTests: boolean) => boolean;
}

const wantsMicrovms = (forTests: boolean) => wantedBackends(forTests).includes("microvm");
const wantsGvisor = (forTests: boolean) => wantedBackends(forTests).includes("gvisor");

const needs: Need[] = [
  { command: "ip", package: "iproute2" },
  { command: "iptables", package: "iptables" },
  { command: "nft", package: "nftables" },
  { command: "sysctl", package: "procps" },
  { command: "nsenter", package: "util-linux" },
  { command: "openssl", package: "openssl" },
  { command: "docker-registry", package: "docker-registry" },
  { command: "socat", package: "socat" },
  { command: "mmdebstrap", package: "mmdebstrap" },
  { command: "dockerd", package: "docker.io", when: () => !process.env["DOCKER_HOST"] },
  { command: "docker", package: "docker.io" },
  { command: "redis-server", package: "redis-server", when: () => !process.env["REDIS_URL"] },
  { command: "java", package: "openjdk-17-jdk-headless", when: () => !process.env["MONGO_URL"] },
  { command: "javac", package: "openjdk-17-jdk-headless", when: () => !process.env["MONGO_URL"] },
  { command: "mvn", package: "maven", when: () => !process.env["MONGO_URL"] },
  { command: "qemu-system-x86_64", package: "qemu-system-x86", when: wantsMicrovms },
  { command: "qemu-img", package: "qemu-utils", when: wantsMicrovms },
  { command: "mksquashfs", package: "squashfs-tools", when: wantsMicrovms },
  { command: "busybox", package: "busybox-static", when: wantsMicrovms },
  {
    command: "gcc",
    package: "gcc libc6-dev",
    when: (forTests) => wantsMicrovms(forTests) || wantsGvisor(forTests),
  },
  { command: "mkfs.ext4", package: "e2fsprogs", when: wantsMicrovms },
  { command: "mkfs.xfs", package: "xfsprogs", when: wantsMicrovms },
  { command: "mkfs.btrfs", package: "btrfs-progs", when: wantsMicrovms },
  {
    command: "runsc",
    package: "runsc",
    when: wantsGvisor,
  },
  { command: "cpio", package: "cpio", when: wantsMicrovms },
  { command: "depmod", package: "kmod", when: wantsMicrovms },
  { command: "unxz", package: "xz-utils", when: wantsMicrovms },
];
const testNeeds: Need[] = [
  { command: "chromium", package: "chromium" },
  // Of the pictures that e2e compares.
  { command: "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", package: "fonts-dejavu-core" },
];

function isThere(command: string): boolean {
  if (command.startsWith("/")) return existsSync(command);
  return `${process.env["PATH"]}:/usr/sbin:/sbin`.split(":").some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian packages that are missing for `up` (and for `test`). */
export function missingPackages(forTests: boolean): string[] {
  const wanted = forTests ? [...needs, ...testNeeds] : needs;
  return [
    ...new Set(
      wanted
        .filter((need) => (need.when?.(forTests) ?? true) && !isThere(need.command))
        .flatMap((need) => need.package.split(" ")),
    ),
  ];
}

/** Installs what is missing. Without root it says the exact command instead. */
export async function installPackages(forTests: boolean): Promise<void> {
  const missing = missingPackages(forTests);
  if (missing.length === 0) return;
  const command = `apt-get install --yes --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0)
    throw new Fault(`These packages are missing: ${missing.join(", ")}.\nRun: sudo ${command}`);
  if (!existsSync("/usr/bin/apt-get"))
    throw new Fault(
      `These commands' packages are missing and there is no apt-get: ${missing.join(", ")}. Install them, then run this again.`,
    );
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await step("refreshing the package lists", () => must("apt-get", ["update", "-qq"], { env }));
  await step(`installing ${missing.join(", ")}`, () =>
    must("apt-get", ["install", "--yes", "-qq", "--no-install-recommends", ...missing], { env }),
  );
  // Debian starts a registry of its own with the package; hostd starts one for each play instead.
  if (missing.includes("docker-registry") && existsSync("/run/systemd/system"))
    await must("systemctl", ["disable", "--quiet", "--now", "docker-registry.service"]);
}
