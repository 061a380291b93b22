import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Container } from "dockerode";
import tar from "tar-stream";
import type { MachineSpec } from "@agon/protocol/host";
import { dockerSaid } from "./docker.ts";
import type { MachinePlace } from "./driver.ts";
import { peerEntries } from "./peer-ssh.ts";
import { registryEntries } from "./play-registry/registry-entries.ts";
import { sshKey } from "./ssh-key.ts";

/** One file, link or folder that is put into a machine before its first start. */
export interface MachineEntry {
  name: string;
  content?: string | Buffer;
  link?: string;
  folder?: boolean;
  /** What is there already stays, before the content. */
  append?: boolean;
  mode?: number;
  uid?: number;
  gid?: number;
}

/** PATH of the daemons, and so of all that they run. */
export const MACHINE_PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin:/usr/local/go/bin";
const WANTS = "etc/systemd/system/multi-user.target.wants";

function units(labUser: string): MachineEntry[] {
  // Shells, and what scripts left in the background, outlive a restart of either; scripts in the middle
  // are ended by the next examiner.
  const unit = (about: string, program: string) =>
    `[Unit]
Description=${about}
DefaultDependencies=no
After=systemd-remount-fs.service
StartLimitIntervalSec=0

[Service]
ExecStart=/opt/agon/bin/${program}
Restart=always
RestartSec=1
OOMScoreAdjust=-900
KillMode=process
Environment=HOME=/root LAB_USER=${labUser} AGON_HOST_SOCKET=/opt/agon-host/hostd.sock
Environment=PATH=${MACHINE_PATH}

[Install]
WantedBy=multi-user.target
`;
  return [
    {
      name: "etc/systemd/system/examiner.service",
      content: unit("Agon examiner", "examiner"),
    },
    {
      name: "etc/systemd/system/agon-terminals.service",
      content: unit("Agon terminals", "terminals"),
    },
    { name: `${WANTS}/examiner.service`, link: "/etc/systemd/system/examiner.service" },
    { name: `${WANTS}/agon-terminals.service`, link: "/etc/systemd/system/agon-terminals.service" },
    { name: "usr/local/bin/examinerctl", link: "/opt/agon/bin/examinerctl" },
    { name: "usr/local/bin/examiner", link: "/opt/agon/bin/examiner" },
  ];
}

/** A file of the machine with its owner and mode. */
export interface Existing {
  content: Buffer;
  mode: number;
  uid: number;
  gid: number;
}

async function existingFile(container: Container, path: string): Promise<Existing | undefined> {
  let archive: Readable;
  try {
    archive = (await container.getArchive({ path })) as unknown as Readable;
  } catch (error) {
    if (dockerSaid(error, 404)) return undefined;
    throw error;
  }
  const extract = tar.extract();
  archive.pipe(extract);
  const parts: Buffer[] = [];
  let found: Omit<Existing, "content"> = { mode: 0o644, uid: 0, gid: 0 };
  for await (const entry of extract) {
    const { mode = 0o644, uid = 0, gid = 0 } = entry.header;
    found = { mode: mode & 0o7777, uid, gid };
    for await (const part of entry) parts.push(part as Buffer);
  }
  return { content: Buffer.concat(parts), ...found };
}

/** Bytes that one startup archive may unpack to. */
const MAX_UNPACKED = 256 * 1024 * 1024;

/** Entries of a tar (plain or gzipped), under a folder; what would leave the folder is refused. */
async function unpacked(
  content: Buffer,
  path: string,
  owner: { uid: number; gid: number } | undefined,
): Promise<MachineEntry[]> {
  const entries: MachineEntry[] = [];
  let bytes = 0;
  const extract = tar.extract();
  const gzipped = content[0] === 0x1f && content[1] === 0x8b;
  const reading = gzipped
    ? pipeline(Readable.from([content]), createGunzip(), extract)
    : pipeline(Readable.from([content]), extract);
  reading.catch(() => undefined); // the loop below throws the same error
  for await (const entry of extract) {
    const { name, type, linkname, mode, uid = 0, gid = 0 } = entry.header;
    const parts: Buffer[] = [];
    for await (const part of entry) {
      parts.push(part as Buffer);
      bytes += (part as Buffer).length;
      if (bytes > MAX_UNPACKED)
        throw new Error(`startup archive for ${path} unpacks to more than ${MAX_UNPACKED} bytes`);
    }
    if (name.split("/").includes(".."))
      throw new Error(`startup archive for ${path} holds ${name}, which leads out of it`);
    const base = {
      name: `${path}/${name}`.replace(/\/+/g, "/").slice(1),
      uid,
      gid,
      ...owner,
      mode,
    };
    if (type === "directory") entries.push({ ...base, folder: true });
    else if (type === "symlink") entries.push({ ...base, link: linkname ?? "" });
    else if (type === "file" || type === "contiguous-file")
      entries.push({ ...base, content: Buffer.concat(parts) });
    else throw new Error(`startup archive for ${path} holds ${name}, a ${type}`);
  }
  await reading;
  return entries;
}

/** What makes every interactive bash tell the examiner that its prompt came back. */
const PROMPT_HOOK =
  '[ -z "${BASH_VERSION-}" ] || [ ! -r /opt/agon/prompt-hook.bash ] || . /opt/agon/prompt-hook.bash\n';

/** A user of a machine. */
export interface Account {
  uid: number;
  gid: number;
  home: string;
}

/** Accounts and groups of the image, with those added that the machine asks for. */
class Accounts {
  readonly #passwd: string[][];
  readonly #groups: string[][];
  #shadow: string;
  readonly #added: string[] = [];

  constructor(passwd: string, group: string, shadow: string) {
    const rows = (text: string) =>
      text
        .split("\n")
        .filter(Boolean)
        .map((row) => row.split(":"));
    this.#passwd = rows(passwd);
    this.#groups = rows(group);
    this.#shadow = shadow;
  }

  find(name: string): Account | undefined {
    const row = this.#passwd.find((fields) => fields[0] === name);
    return row && { uid: Number(row[2]), gid: Number(row[3]), home: row[5] || "/" };
  }

  add(name: string): void {
    const used = new Set([...this.#passwd, ...this.#groups].map((fields) => Number(fields[2])));
    let id = 1001;
    while (used.has(id)) id++;
    this.#passwd.push([name, "x", String(id), String(id), "", `/home/${name}`, "/bin/bash"]);
    this.#groups.push([name, "x", String(id), ""]);
    this.#shadow += `${name}:*:19000:0:99999:7:::\n`;
    this.#added.push(name);
  }

  /** Numeric owner of "uid:gid", "name:group" or "name". */
  owner(text: string): { uid: number; gid: number } {
    const [user = "0", group] = (text || "0:0").split(":");
    const account = this.find(user);
    const uid = /^\d+$/.test(user) ? Number(user) : account?.uid;
    if (uid === undefined) throw new Error(`startup file: there is no user ${user} in this image`);
    if (group === undefined || group === "") return { uid, gid: account?.gid ?? uid };
    const row = this.#groups.find((fields) => fields[0] === group);
    const gid = /^\d+$/.test(group) ? Number(group) : row && Number(row[2]);
    if (gid === undefined)
      throw new Error(`startup file: there is no group ${group} in this image`);
    return { uid, gid };
  }

  entries(): MachineEntry[] {
    if (this.#added.length === 0) return [];
    const text = (rows: string[][]) => rows.map((fields) => `${fields.join(":")}\n`).join("");
    return [
      { name: "etc/passwd", content: text(this.#passwd) },
      { name: "etc/group", content: text(this.#groups) },
      { name: "etc/shadow", content: this.#shadow, mode: 0o640, gid: this.owner("0:shadow").gid },
      {
        name: "etc/sudoers.d/agon-users",
        content: this.#added.map((name) => `${name} ALL=(ALL) NOPASSWD:ALL\n`).join(""),
        mode: 0o440,
      },
      ...this.#added.map((name) => {
        const { uid, gid, home } = this.find(name)!;
        return { name: home.slice(1), folder: true, mode: 0o755, uid, gid };
      }),
    ];
  }
}

/**
 * What a machine gets besides its image: users, prompt hook, startup files, welcome.
 * @param read a file of the image with its owner and mode; undefined when there is none.
 */
export async function machineEntries(
  { machine, peers, registry }: Pick<MachinePlace, "machine" | "peers" | "registry">,
  read: (path: string) => Promise<Existing | undefined>,
): Promise<MachineEntry[]> {
  const text = async (path: string) => (await read(path))?.content.toString() ?? "";
  const accounts = new Accounts(
    await text("/etc/passwd"),
    await text("/etc/group"),
    await text("/etc/shadow"),
  );
  for (const user of new Set([...machine.users, machine.defaultUser]))
    if (user && !accounts.find(user)) accounts.add(user);
  const entries = accounts.entries();
  const written = new Map<string, Existing>();
  // A startup file may append to what tells of an added user.
  for (const { name, content, folder, mode = 0o644, uid = 0, gid = 0 } of entries)
    if (!folder)
      written.set(`/${name}`, { content: Buffer.from(content as string), mode, uid, gid });
  const put = (path: string, file: Existing) => {
    written.set(path, file);
    entries.push({ name: path.replace(/^\/+/, ""), ...file });
  };
  // Login shells read profile.d, the others (sudo -s, tmux, bash) this file.
  const bashrc = await read("/etc/bash.bashrc");
  if (bashrc)
    put("/etc/bash.bashrc", {
      ...bashrc,
      content: Buffer.concat([bashrc.content, Buffer.from(`\n${PROMPT_HOOK}`)]),
    });
  entries.push({ name: "etc/profile.d/zz-agon-prompt.sh", content: PROMPT_HOOK });
  // What the host can do for this machine, for content that asks (spec 3.6).
  entries.push({ name: "opt/iximiuz-labs/capabilities", content: "SSH_OVER_VSOCK=false\n" });
  if (registry) entries.push(...registryEntries(registry));
  if (peers)
    for (const user of new Set(["root", ...machine.users, machine.defaultUser])) {
      const account = accounts.find(user);
      if (account) entries.push(...peerEntries(peers, machine.noSsh, account));
    }
  for (const file of machine.startupFiles) {
    if (file.extract) {
      const owner = file.owner ? accounts.owner(file.owner) : undefined;
      entries.push(...(await unpacked(file.content as Buffer, file.path, owner)));
      continue;
    }
    // What is appended to keeps its owner and mode (spec 3.3.2).
    const before = file.append ? (written.get(file.path) ?? (await read(file.path))) : undefined;
    put(file.path, {
      mode: before?.mode ?? (file.mode || 0o644),
      ...(before ? { uid: before.uid, gid: before.gid } : accounts.owner(file.owner)),
      content: Buffer.concat([before?.content ?? Buffer.alloc(0), file.content]),
    });
  }
  const defaultUser = machine.defaultUser || "root";
  const welcomes = Object.entries({ ...machine.welcomes, [defaultUser]: machine.welcome });
  for (const [user, welcome] of welcomes) {
    const account = accounts.find(user);
    if (!account || !welcome) continue;
    // "-" = no welcome, and not that of the image: bash prints an empty file once (spec 3.3.2).
    const content = welcome === "-" ? "" : `${welcome.trimEnd()}\n`;
    const { uid, gid, home } = account;
    entries.push({ name: `${home}/.welcome`.slice(1), content, uid, gid });
  }
  return entries;
}

/** Writes into a created, not yet started container: units of the daemons, users, keys, startup files, welcome. */
export async function putMachineFiles(container: Container, place: MachinePlace): Promise<void> {
  const { machine } = place;
  const host = sshKey(`root@${machine.name}`);
  const entries: MachineEntry[] = [
    ...units(machine.defaultUser || "laborant"),
    { name: "etc/ssh/ssh_host_ed25519_key", content: host.privateKey, mode: 0o600 },
    { name: "etc/ssh/ssh_host_ed25519_key.pub", content: host.publicKey },
    ...(await machineEntries(place, (path) => existingFile(container, path))),
  ];
  await putEntries(container, entries);
}

/** Gives a container that was copied from another one, and has not started, an identity of its own. */
export async function putIdentity(container: Container, machine: MachineSpec): Promise<void> {
  const key = sshKey(`root@${machine.name}`);
  await putEntries(container, [
    { name: "etc/machine-id", content: `${randomBytes(16).toString("hex")}\n`, mode: 0o444 },
    { name: "etc/ssh/ssh_host_ed25519_key", content: key.privateKey, mode: 0o600 },
    { name: "etc/ssh/ssh_host_ed25519_key.pub", content: key.publicKey },
  ]);
}

async function putEntries(container: Container, entries: MachineEntry[]): Promise<void> {
  const pack = tar.pack();
  for (const entry of entries) {
    const { name, content = "", link, folder, append, mode = 0o644, uid = 0, gid = 0 } = entry;
    const header = { name, mode, uid, gid, mtime: new Date() };
    if (link) pack.entry({ ...header, type: "symlink", linkname: link });
    else if (folder) pack.entry({ ...header, type: "directory" });
    else {
      const before = append ? (await existingFile(container, `/${name}`))?.content : undefined;
      pack.entry(header, before ? Buffer.concat([before, Buffer.from(content)]) : content);
    }
  }
  pack.finalize();
  await container.putArchive(pack as unknown as NodeJS.ReadableStream, { path: "/" });
}
