import { createHash, randomBytes } from "node:crypto";
import type { MachinePlace } from "../driver.ts";
import type { MachineEntry } from "../machine-files.ts";
import { defaultGateway, nameServer } from "../network.ts";
import { sshKey } from "../ssh-key.ts";
import { operation, type GuestFile, type Operation } from "./guest-agent.ts";

function file(path: string, content: string | Buffer, mode = 0o644): Operation[] {
  const whole: GuestFile = {
    path,
    kind: "file",
    mode,
    uid: 0,
    gid: 0,
    content: Buffer.from(content),
    target: "",
  };
  return operation.file(whole);
}

/** A locally administered address for an interface that asks for none, the same at each start. */
function ownMac(of: string): string {
  return `02${createHash("sha256").update(of).digest("hex").slice(0, 10)}`;
}

/** Renewed at each start: what a running system has and a disk has not. */
export function renewRunning(place: MachinePlace, credential: Buffer): Operation[] {
  const { play, machine } = place;
  const gateway = defaultGateway(place);
  return [
    operation.clock(),
    operation.entropy(randomBytes(256)),
    operation.credential(credential),
    operation.hostname(machine.name),
    ...machine.interfaces.map(({ mac, address }, index) =>
      operation.plug(index, mac || ownMac(`${play}/${machine.name}/${index}`), address),
    ),
    ...(gateway ? [operation.route(gateway)] : []),
    ...file("/run/agon-host/credential", credential.toString("hex"), 0o600),
  ];
}

/** What a machine needs that went on from its memory: everything else it kept. */
export function renewResumed(): Operation[] {
  return [operation.clock(), operation.entropy(randomBytes(256))];
}

/** What makes a copy a machine of its own; the network stays as it was but for its MACs. */
export function renewCopied(place: MachinePlace, credential: Buffer): Operation[] {
  const { play, machine } = place;
  return [
    ...renewResumed(),
    operation.credential(credential),
    ...file("/run/agon-host/credential", credential.toString("hex"), 0o600),
    ...machine.interfaces.map(({ mac }, index) =>
      operation.mac(index, mac || ownMac(`${play}/${machine.name}/${index}`)),
    ),
    ...renewIdentity(place),
    operation.sshAgain,
  ];
}

/** What is unique on a machine's disk. */
export function renewIdentity({ machine }: MachinePlace): Operation[] {
  const key = sshKey(`root@${machine.name}`);
  const id = randomBytes(16).toString("hex");
  return [
    ...file("/etc/machine-id", `${id}\n`, 0o444),
    operation.journal(id),
    ...file("/etc/ssh/ssh_host_ed25519_key", key.privateKey, 0o600),
    ...file("/etc/ssh/ssh_host_ed25519_key.pub", key.publicKey),
  ];
}

/** Renewed once, after the restore: what a machine keeps on its disk and shares with no other one. */
export function renewDisk(place: MachinePlace): Operation[] {
  const { machine, hosts } = place;
  const names = hosts.map(({ name, address }) => `${address}\t${name}\n`).join("");
  return [
    ...renewIdentity(place),
    ...file("/etc/hostname", `${machine.name}\n`),
    ...file(
      "/etc/hosts",
      `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${names}`,
    ),
    // Else a look-up would wait for a name server that nobody runs.
    ...file("/etc/resolv.conf", `nameserver ${nameServer(place) ?? "127.0.0.1"}\n`),
  ];
}

/** Puts what the machine's spec adds into its image. */
export function putEntries(entries: MachineEntry[]): Operation[] {
  return entries.flatMap(
    ({ name, content = "", link, folder, append, mode = 0o644, uid = 0, gid = 0 }): Operation[] =>
      operation.file({
        path: `/${name}`,
        kind: link ? "link" : folder ? "folder" : append ? "append" : "file",
        mode,
        uid,
        gid,
        content: Buffer.from(content as string),
        target: link ?? "",
      }),
  );
}

/** Files that only a boot reads: a machine that brings such ones is booted once more. */
export function needsBoot(entries: MachineEntry[]): boolean {
  return entries.some(({ name }) =>
    /^(etc\/(systemd|fstab|init\.d|rc\.local|udev|modules|sysctl|tmpfiles\.d)|(usr\/)?lib\/systemd)/.test(
      name,
    ),
  );
}
