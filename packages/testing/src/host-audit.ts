import { execFile } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What carries a host's name, and where it may have left something. */
export interface Audited {
  arena: string;
  /** `agon-ARENA-HOST`. */
  prefix: string;
  /** AGON_STATE_DIR of hostd. */
  state: string;
  /** The Docker engine; "" = the usual one. */
  docker: string;
}

/** @throws Error when the tool is not there or fails: then nobody knows what is left. */
async function lines(command: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await run(command, args, { maxBuffer: 16 * 2 ** 20 });
  return stdout.split("\n").filter(Boolean);
}

function below(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** Processes of machines: by their command line, or by the control group that they were put into. */
function processes(prefix: string, state: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
        const ours =
          line.includes(`/run/${prefix}/`) ||
          line.includes(`/netns/${prefix}-`) ||
          line.includes(`${state}/microvms/`) ||
          groups.includes(`/${prefix}/`);
        return ours ? [`process ${pid}: ${line.slice(0, 200)}`] : [];
      } catch {
        return [];
      }
    });
}

function controlGroups(prefix: string): string[] {
  const root = "/sys/fs/cgroup";
  const hierarchies = [root, ...below(root).filter((one) => lstatSync(one).isDirectory())];
  return hierarchies.flatMap((folder) =>
    below(join(folder, prefix))
      .filter((one) => lstatSync(one).isDirectory())
      .map((one) => `control group ${one}`),
  );
}

async function inDocker({ arena, docker }: Audited): Promise<string[]> {
  const engine = docker ? ["-H", docker] : [];
  const label = ["--filter", `label=agon.arena=${arena}`];
  const asked = [
    ["container", "ps", "-a", "--format", "{{.Names}}"],
    ["image", "image", "ls", "--format", "{{.ID}}"],
    ["volume", "volume", "ls", "--format", "{{.Name}}"],
    ["network", "network", "ls", "--format", "{{.Name}}"],
  ] as const;
  const found = await Promise.all(
    asked.map(async ([kind, ...args]) =>
      (await lines("docker", ...engine, ...args, ...label)).map((name) => `${kind} ${name}`),
    ),
  );
  return found.flat();
}

/**
 * Everything on this computer that a host's plays left: processes, network namespaces and links,
 * mounts, files, control groups, packet filter rules, and what lies in Docker. Empty = nothing.
 */
export async function hostRemains(audited: Audited): Promise<string[]> {
  const { prefix, state } = audited;
  const named = (kind: string, all: string[]) =>
    all.filter((line) => line.includes(prefix)).map((line) => `${kind} ${line.trim()}`);
  const [spaces, links, tables, filter, nat, docker] = await Promise.all([
    lines("ip", "netns", "list"),
    lines("ip", "-o", "link", "show"),
    existsSync("/usr/sbin/nft") ? lines("nft", "list", "ruleset") : [],
    lines("iptables-save"),
    lines("ip6tables-save"),
    inDocker(audited),
  ]);
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes(prefix) || line.includes(`${state}/`));
  return [
    ...processes(prefix, state),
    ...named("namespace", spaces),
    ...named("link", links),
    ...named("nft", tables),
    ...named("iptables", filter),
    ...named("ip6tables", nat),
    ...mounts.map((line) => `mount ${line}`),
    ...controlGroups(prefix),
    ...below(join(state, "plays")).map((file) => `file ${file}`),
    ...below(join(state, "microvms")).map((file) => `file ${file}`),
    ...below(`/run/${prefix}`).map((file) => `file ${file}`),
    ...docker,
  ];
}
