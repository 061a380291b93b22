import { readFileSync } from "node:fs";
import type Docker from "dockerode";
import type { MachineSpec } from "@agon/protocol/host";
import type { TaskSpec } from "@agon/protocol/machine";
import { lacksOfContainers, limitsOf, type ContainerKind } from "./container-kind.ts";
import { MACHINE_PATH } from "./machine-files.ts";

/** The engine's runtime, with `--network=host --host-uds=open` as its arguments. */
const RUNTIME = "runsc";
/**
 * Threads on the host. The sandbox dies as a whole when it gets no more, so what limits a machine is the
 * number of its processes; but numbers of the host are everybody's, and a small host has 32768.
 */
const HOST_PIDS = Math.min(
  12_288,
  Math.floor(Number(readFileSync("/proc/sys/kernel/pid_max", "utf8")) / 4),
);
/**
 * Processes and threads of each user inside, root's too. This runsc traces what runs inside (its platform
 * "ptrace"): each process has a thread on the host for each thread of the sandbox that ever ran it, and of
 * those there are as many as processes ran at once. None goes before the sandbox does. With 64, swarms took
 * 3800 threads, 5800 after a second one, 8000 after four, 10500 after fifteen (measured).
 */
const PROCESSES = 64;
/** Bytes of the machine for each of them: a forked Python takes 3.4 MiB there, 5.7 where it forks on (measured). */
const PER_PROCESS = 6 * 2 ** 20;
/** Bytes that the sandbox needs besides the machine's memory: 56 MiB when it idles, more for what it keeps of files. */
const SANDBOX = 128 * 2 ** 20;
/**
 * Bytes that each process costs the host besides what it has inside: its threads there, and what the sandbox
 * remembers of it, which grows with each swarm. Measured: 3 MiB, 5.8 after four swarms.
 */
const PER_STUB = 8 * 2 ** 20;

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

/**
 * Bytes of the host that a machine with so many of its own may take: all processes of one user may fork
 * at once. What does not fit ends the sandbox, which is one process of the host.
 */
function hostMemoryOf(memoryBytes: number): number {
  return Math.max(memoryBytes, PROCESSES * PER_PROCESS) + SANDBOX + PROCESSES * PER_STUB;
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
    return { ...limits, memory: limits.memory && hostMemoryOf(limits.memory) };
  },
  memoryInside: ({ machine }) => machine.memoryBytes,
  lacks(machine, tasks) {
    const lacking = lacksOfContainers(machine);
    if (lacking) return lacking;
    const why = needsSystemd(machine, tasks);
    return (
      why && `gVisor's machines have no systemd, and ${why}; use the backend container or microvm`
    );
  },
  options: ({ machine }) => {
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
        Ulimits: [{ Name: "nproc", Soft: PROCESSES, Hard: PROCESSES }],
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
