import { pack } from "tar-stream";
import type { MachineSpec } from "@agon/protocol/host";

const PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin:/usr/local/go/bin";

function unit(description: string, command: string, machine: MachineSpec, extra: string): string {
  return `[Unit]
Description=${description}
DefaultDependencies=no
After=local-fs.target systemd-tmpfiles-setup.service
StartLimitIntervalSec=0

[Service]
ExecStart=${command}
Restart=always
RestartSec=1
OOMScoreAdjust=-900
KillMode=process
Environment=HOME=/root "LAB_USER=${machine.defaultUser || "laborant"}" PATH=${PATH}
${extra}
[Install]
WantedBy=multi-user.target
`;
}

interface Entry {
  path: string;
  mode: number;
  text?: string | Buffer;
  link?: string;
  owner?: [number, number];
}

/** uid and gid of the accounts that content may name without the machine's help. */
const OWNERS: Record<string, number> = { root: 0, laborant: 1001 };

function owner(text: string): [number, number] {
  const [user = "0", group = user] = text.split(":");
  const id = (name: string) => OWNERS[name] ?? (Number(name) || 0);
  return [id(user), id(group)];
}

/** What a machine's disk gets before its first start, as a tar archive. Files that append are not in it. */
export async function machineArchive(machine: MachineSpec): Promise<Buffer> {
  const wants = "etc/systemd/system/multi-user.target.wants";
  const home =
    machine.defaultUser === "root" ? "root" : `home/${machine.defaultUser || "laborant"}`;
  const entries: Entry[] = [
    {
      path: "etc/systemd/system/examiner.service",
      mode: 0o644,
      text: unit("Agon examiner", "/opt/agon/bin/examiner", machine, ""),
    },
    {
      path: "etc/systemd/system/agon-terminals.service",
      mode: 0o644,
      text: unit("Agon terminals", "/opt/agon/bin/terminals", machine, "TasksMax=infinity\n"),
    },
    {
      path: `${wants}/examiner.service`,
      mode: 0o777,
      link: "/etc/systemd/system/examiner.service",
    },
    {
      path: `${wants}/agon-terminals.service`,
      mode: 0o777,
      link: "/etc/systemd/system/agon-terminals.service",
    },
    { path: "usr/local/bin/examinerctl", mode: 0o777, link: "/opt/agon/bin/examinerctl" },
    { path: "usr/local/bin/examiner", mode: 0o777, link: "/opt/agon/bin/examiner" },
    { path: "etc/hostname", mode: 0o644, text: `${machine.name}\n` },
  ];
  if (machine.welcome && machine.welcome !== "-")
    entries.push({
      path: `${home}/.welcome`,
      mode: 0o644,
      text: `${machine.welcome.trimEnd()}\n`,
      owner: owner(machine.defaultUser || "laborant"),
    });
  for (const file of machine.startupFiles.filter((one) => !one.append))
    entries.push({
      path: file.path.replace(/^\/+/, ""),
      mode: file.mode || 0o644,
      text: Buffer.from(file.content),
      owner: owner(file.owner),
    });
  const archive = pack();
  for (const entry of entries) {
    const [uid, gid] = entry.owner ?? [0, 0];
    if (entry.link)
      archive.entry({ name: entry.path, type: "symlink", linkname: entry.link, mode: entry.mode });
    else archive.entry({ name: entry.path, mode: entry.mode, uid, gid }, entry.text ?? "");
  }
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
