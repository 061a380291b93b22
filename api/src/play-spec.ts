import { createHash } from "node:crypto";
import { backendOf } from "@agon/content/backend";
import type { Challenge, Machine, Playground } from "@agon/content/model";
import type { MachineSpec, RegistryCredential, StartPlayRequest } from "@agon/protocol/host";
import type { TaskKey } from "./models/play.ts";
import { publishingTasks } from "./variables.ts";

/** What a host needs to know to run a play of this version of a challenge. */
export function playSpec(
  play: string,
  challenge: Challenge,
  views: {
    authorView: boolean;
    keepAttended: boolean;
    backend?: string;
    armed?: boolean;
    idleSeconds?: number;
    /** Generations of a draft's tasks, as a copy of its play takes them over. */
    taskKeys?: TaskKey[];
    registryCredentials?: RegistryCredential[];
  },
): StartPlayRequest {
  const generations = new Map(
    (views.taskKeys ?? []).map(({ name, generation }) => [name, generation ?? 0]),
  );
  const published = publishingTasks(challenge);
  // A version that was stored before there were play-wide files and variables has neither.
  const { machines, networks, egress, startupFiles = [] } = challenge.playground;
  return {
    play,
    machines: machines.map((machine) => machineSpec(play, machine, startupFiles, views.backend)),
    networks: networks.map((network) => ({ ...network })),
    egress: egress ?? { policy: "none", names: [] },
    tasks: challenge.tasks.map((task) => ({
      name: task.name,
      machine: task.machine,
      kind: task.kind,
      needs: task.needs,
      run: task.run,
      failcheck: task.failcheck,
      hintcheck: task.hintcheck,
      user: task.user,
      env: task.env,
      timeoutSeconds: task.timeoutSeconds,
      destination: task.destination,
      shareOutputs: task.shareOutputs,
      publishOutputs: published.has(task.name),
      vars: task.vars ?? {},
      everywhere: task.everywhere ?? false,
      generation: generations.get(task.name) ?? 0,
    })),
    authorView: views.authorView,
    keepAttended: views.keepAttended,
    graphRevision: Math.max(0, ...generations.values()),
    graphVersion: challenge.version,
    graphOrder: 0,
    armed: views.armed ?? false,
    // Nobody looks at a bot's play.
    idleSeconds: views.keepAttended ? 0 : (views.idleSeconds ?? 0),
    registryCredentials: views.registryCredentials ?? [],
    registryAuth: challenge.playground.registryAuth ?? "",
  };
}

/** What a host needs to know of one machine. @param shared startup files of the whole play. */
export function machineSpec(
  play: string,
  machine: Machine,
  shared: NonNullable<Playground["startupFiles"]>,
  backend = "",
): MachineSpec {
  return {
    name: machine.name,
    image: machine.image,
    // Who starts it may prove it on another backend than its content names.
    backend: backend || backendOf(machine),
    kernel: machine.kernel ?? "",
    drives: (machine.drives ?? []).map((drive) => ({ ...drive, source: drive.source ?? "" })),
    rootPosition: machine.rootPosition ?? 0,
    defaultUser: machine.defaultUser,
    users: machine.users.map((user) => user.name),
    noSsh: machine.noSSH,
    cpuCount: machine.cpuCount,
    memoryBytes: machine.memoryBytes,
    diskBytes: machine.diskBytes,
    interfaces: machine.interfaces.map((item, i) => ({
      network: item.network,
      address: item.address,
      mac: mac(`${play}:${machine.name}:${i}`),
    })),
    // Play-wide ones first, so that a machine's own win (spec 3.3.2).
    startupFiles: [
      ...shared.filter(
        (file) => file.machines.length === 0 || file.machines.includes(machine.name),
      ),
      ...machine.startupFiles,
    ].map(({ path, content, encoding, source = "", owner, mode, append, extract }) => ({
      path,
      content: Buffer.from(content, encoding),
      owner,
      mode,
      append,
      extract,
      source,
    })),
    welcome: machine.users.find((user) => user.name === machine.defaultUser)?.welcome ?? "",
    welcomes: Object.fromEntries(
      machine.users
        .filter(({ name, welcome }) => name !== machine.defaultUser && welcome)
        .map(({ name, welcome }) => [name, welcome]),
    ),
  };
}

/** A locally administered address, the same for the same play, machine and interface. */
function mac(of: string): string {
  const bytes = createHash("sha256").update(of).digest().subarray(0, 5);
  return ["02", ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))].join(":");
}
