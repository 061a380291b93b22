import { join } from "node:path";
import { readIfThere, writeWhole } from "./disk.ts";
import type { Account, MachineEntry } from "./machine-files.ts";
import { sshKey, type SshKey } from "./ssh-key.ts";

/**
 * Keys with which the machines of one play log in at each other (spec 3.3.3). Machines that learners
 * enter share one key. A noSSH machine has the other: it may enter all machines, and only its kind may
 * enter it, since what a learner must not see runs there.
 */
export interface PeerKeys {
  open: SshKey;
  noSsh: SshKey;
}

/** The keys of a play, from its folder; made at the first call. */
export function peerKeys(folder: string): PeerKeys {
  const file = join(folder, "peers.json");
  const known = readIfThere(file);
  if (known) return JSON.parse(known) as PeerKeys;
  const keys = { open: sshKey("play"), noSsh: sshKey("play-nossh") };
  writeWhole(file, JSON.stringify(keys));
  return keys;
}

/** What makes a user of a machine known to the same play's other machines, and them to it. */
export function peerEntries(
  { open, noSsh }: PeerKeys,
  isNoSsh: boolean,
  { uid, gid, home }: Account,
): MachineEntry[] {
  const own = isNoSsh ? noSsh : open;
  const welcome = isNoSsh ? [noSsh] : [open, noSsh];
  const folder = `${home}/.ssh`.replace(/^\/+/, "");
  const owner = { uid, gid, mode: 0o600 };
  return [
    { name: folder, folder: true, uid, gid, mode: 0o700 },
    { ...owner, name: `${folder}/id_ed25519`, content: own.privateKey },
    { ...owner, name: `${folder}/id_ed25519.pub`, content: own.publicKey, mode: 0o644 },
    {
      ...owner,
      name: `${folder}/authorized_keys`,
      content: welcome.map(({ publicKey }) => publicKey).join(""),
      append: true,
    },
  ];
}
