import type Docker from "dockerode";
import type { MachineSpec } from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import { lacksOfContainers, limitsOf, type ContainerKind } from "./container-kind.ts";
import { MACHINE_PATH } from "./machine-files.ts";

/** The engine's runtime, with `--network=host --host-uds=open` as its arguments. */
const RUNTIME = "runsc";
/**
 * Threads on the host: a few for each process inside, and some hundred for the sandbox itself, which
 * dies as a whole when it gets no more. So this one is never what limits a machine.
 */
const HOST_PIDS = 8_192;
/** Processes and threads of each user inside, root's too: so many at most, and so many in the smallest machine. */
const PROCESSES = { most: 256, least: 80 };
/**
 * Bytes of a machine's memory for each of them. A forked Python takes 3.4 MiB there, 5.7 where it forks
 * on, a shell 1.2 and a `sleep` 0.6 (measured): a swarm that is stopped at this number fits into the
 * machine and the overhead. What does not fit ends the sandbox as a whole, for it is one process of the host.
 */
const PER_PROCESS = 5 * 2 ** 20;
/** Bytes that the sandbox needs besides the machine's memory: its kernel, and a stub for each process. */
const OVERHEAD = 256 * 2 ** 20;

/** Where a machine sees what it needs to live with this runsc; named in guest/build-gvisor.sh. */
const TOOLS = "/opt/agon-gvisor";

/** First process of a machine: keeps the daemons running, and collects what lost its parent. */
const INIT = `mkdir -p /run/lock /run/sshd
for daemon in terminals examiner; do
  while :; do "/opt/agon/bin/$daemon"; sleep 1; done &
done
trap 'kill -TERM -1; exit 0' TERM
while :; do wait; sleep 1; done`;

const SYSTEMD =
  /\b(systemctl|journalctl|systemd-run|loginctl|timedatectl|hostnamectl|resolvectl|networkctl)\b|\bservice\s+[\w@.-]+\s+(start|stop|restart|reload|status)\b/;

/** Why a machine needs systemd, in words; undefined when nothing says so. */
export function needsSystemd(machine: MachineSpec, tasks: TaskSpec[]): string | undefined {
  const unit = machine.startupFiles.find(({ path }) =>
    /^\/(etc|usr\/lib|lib)\/systemd\//.test(path),
  );
  if (unit) return `startup file ${unit.path} is for it`;
  for (const { name, run, failcheck, hintcheck } of tasks) {
    const [found] = [run, failcheck, hintcheck].flatMap((text) => SYSTEMD.exec(text)?.[0] ?? []);
    if (found) return `task ${name} runs ${found.split(/\s/)[0]}`;
  }
  return undefined;
}

/** Processes that each user of a machine may have, by its memory. */
export function processesOf(memoryBytes: number): number {
  const fit = memoryBytes ? Math.floor(memoryBytes / PER_PROCESS) : PROCESSES.most;
  return Math.min(PROCESSES.most, Math.max(PROCESSES.least, fit));
}

/**
 * Containers under gVisor: a kernel of its own in a process without rights stands between a machine and
 * the host's. Debian's runsc can't boot systemd, so a small script is their first process; what needs
 * systemd is refused. Of the network they know what is there when they start, so another container
 * holds it. They have no ping and no `ss`, and with Debian's runsc no sudo (it lets no program gain rights).
 * @param tools folder of guest/build-gvisor.sh; empty = none: `ls` fails with Debian's runsc then.
 */
export const gvisorContainer = (tools: string): ContainerKind => ({
  backend: "gvisor",
  ownNetwork: false,
  limits: (place) => {
    const limits = limitsOf(place, HOST_PIDS);
    return { ...limits, memory: limits.memory && limits.memory + OVERHEAD };
  },
  lacks(machine, tasks) {
    const lacking = lacksOfContainers(machine);
    if (lacking) return lacking;
    const why = needsSystemd(machine, tasks);
    return (
      why && `gVisor's machines have no systemd, and ${why}; use the backend container or microvm`
    );
  },
  options: ({ machine }) => {
    const processes = processesOf(machine.memoryBytes);
    return {
      Cmd: ["/bin/bash", "-c", INIT],
      Env: [
        "HOME=/root",
        `LAB_USER=${machine.defaultUser || "laborant"}`,
        "AGON_HOST_SOCKET=/opt/agon-host/hostd.sock",
        `PATH=${MACHINE_PATH}`,
      ],
      StopSignal: "SIGTERM",
      HostConfig: {
        Runtime: RUNTIME,
        Tmpfs: { "/run": "exec", "/tmp": "exec" },
        Binds: tools
          ? [`${tools}:${TOOLS}:ro`, `${tools}/ld.so.preload:/etc/ld.so.preload:ro`]
          : [],
        Ulimits: [{ Name: "nproc", Soft: processes, Hard: processes }],
      },
    };
  },
  /** The engine counts the sandbox's threads. */
  async pids(container) {
    const counting = await container.exec({
      Cmd: ["sh", "-c", "set -- /proc/[0-9]*; echo $#"],
      AttachStdout: true,
      Tty: true,
    });
    const stream = await counting.start({ Tty: true });
    let said = "";
    for await (const part of stream) said += String(part);
    // The shell that counts is none of the machine's.
    return Math.max(1, Number(said.trim()) - 1);
  },
});

/** Why the engine can't run gVisor, in words; undefined when it can. */
export async function whyNoGvisor(docker: Docker): Promise<string | undefined> {
  const info = (await docker.info().catch(() => ({}))) as { Runtimes?: Record<string, unknown> };
  const { Runtimes } = info;
  return Runtimes && RUNTIME in Runtimes
    ? undefined
    : `the Docker engine has no runtime ${RUNTIME} (docs/operating.md, gVisor)`;
}
