// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { execa } from "execa";
import { readQuestion, TYPE_A, writeAnswer } from "../src/egress/dns-message.ts";

/** Addresses of the world that are reached as if they were public (`public`), and of its inside. */
export const WORLD = {
  public: "198.51.100.0/24",
  good: "198.51.100.10",
  other: "198.51.100.11",
  /** A private network behind the host, and where clouds have their metadata. */
  lan: "10.99.0.1",
  metadata: "169.254.169.254",
  /** The host's own address on the public network. */
  host: "198.51.100.1",
};

/** What the world's name server tells, and for how long. */
const NAMES: Record<string, string[]> = {
  "good.agon.test": [WORLD.good],
  "one.wild.test": [WORLD.other],
  "rebind.wild.test": [WORLD.lan, "127.0.0.1", WORLD.metadata],
  "other.agon.test": [WORLD.other],
};
const TTL = 1;

/**
 * A world that a test makes itself: a network namespace that stands for the host's way out, and one
 * behind it with servers. Nothing in it is connected to this computer's networks; only its name
 * server, whom hostd asks, listens on loopback.
 */
export class World implements AsyncDisposable {
  readonly #name: string;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #dns: Socket = createSocket("udp4");
  /** Names that were asked for. */
  readonly asked: string[] = [];

  /** @param folder with `host.key` and `host.pem`. */
  constructor(name: string, folder: string) {
    this.#name = name;
    this.#folder = folder;
  }

  /** Namespace that stands for the host's network. */
  get outer(): string {
    return `${this.#name}-outer`;
  }

  get #far(): string {
    return `${this.#name}-world`;
  }

  async setUp(): Promise<void> {
    const { outer } = this;
    const far = this.#far;
    for (const space of [outer, far]) {
      await execa("ip", ["netns", "add", space]);
      await execa("ip", ["-n", space, "link", "set", "lo", "up"]);
    }
    const link = ["link", "add", "wan", "type", "veth", "peer", "name", "wan", "netns", far];
    await execa("ip", ["-n", outer, ...link]);
    const lines = (space: string, list: string[]) =>
      execa("ip", ["-n", space, "-batch", "-"], { input: `${list.join("\n")}\n` });
    await lines(far, [
      "addr add 198.51.100.2/24 dev wan",
      ...[WORLD.good, WORLD.other].map((one) => `addr add ${one}/24 dev wan`),
      ...[WORLD.lan, WORLD.metadata].map((one) => `addr add ${one}/32 dev lo`),
      "link set wan up",
    ]);
    await lines(outer, [
      `addr add ${WORLD.host}/24 dev wan`,
      "link set wan up",
      "route add 10.99.0.0/16 via 198.51.100.2",
      `route add ${WORLD.metadata} via 198.51.100.2`,
      "route add default via 198.51.100.2",
    ]);
    await this.#serve(far, [WORLD.good, WORLD.other, WORLD.lan, WORLD.metadata]);
    await this.#serve(outer, [WORLD.host]);
    this.#dns.on("message", (message, { port, address }) => {
      const question = readQuestion(message);
      if (!question) return;
      this.asked.push(question.name);
      const found = NAMES[question.name];
      const list = question.type === TYPE_A ? (found ?? []) : [];
      this.#dns.send(writeAnswer(question, found ? 0 : 3, list, TTL), port, address);
    });
    this.#dns.bind(0, "127.0.0.1");
    await once(this.#dns, "listening");
  }

  async #serve(space: string, addresses: string[]): Promise<void> {
    const child = spawn(
      "nsenter",
      [
        ...[`--net=/run/netns/${space}`, "--", process.execPath],
        ...["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "world-server.ts")],
        ...[join(this.#folder, "host.key"), join(this.#folder, "host.pem"), ...addresses],
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#children.push(child);
    await once(child.stdout, "data");
  }

  /** Address and port of the name server. */
  get nameServer(): string {
    return `127.0.0.1:${this.#dns.address().port}`;
  }

  /** Runs a command in the namespace that stands for the host's network. */
  async onHost(command: string): Promise<string> {
    const args = [`--net=/run/netns/${this.outer}`, "--", "bash", "-c", command];
    return (await execa("nsenter", args)).stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dns.close();
    for (const child of this.#children) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    for (const space of [this.outer, this.#far])
      await execa("ip", ["netns", "del", space], { reject: false });
  }
}
