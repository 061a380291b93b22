import { execa } from "execa";
import type { InterfaceSpec, NetworkSpec } from "@agon/protocol/host";
import { shortHash } from "./names.ts";

/**
 * Networks of plays: a network namespace per play with a bridge per network, none of which has an
 * address. So nothing routes to the host, and two plays may use the same subnet.
 */
export class PlayNetworks {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  #space(play: string): string {
    return `${this.#prefix}-${shortHash(play)}`;
  }

  async #spaces(): Promise<string[]> {
    const { stdout } = await execa("ip", ["netns", "list"]);
    return stdout
      .split("\n")
      .map((line) => line.split(" ")[0] ?? "")
      .filter((name) => name.startsWith(`${this.#prefix}-`));
  }

  async #ensure(play: string, networks: NetworkSpec[]): Promise<string> {
    const space = this.#space(play);
    // Two machines of a play start at once: the second finds it made already.
    await execa("ip", ["netns", "add", space], { reject: false });
    for (let index = 0; index < networks.length; index++) {
      await execa("ip", ["-n", space, "link", "add", `br${index}`, "type", "bridge"], {
        reject: false,
      });
      await execa("ip", ["-n", space, "link", "set", `br${index}`, "up"]);
    }
    return space;
  }

  /**
   * Plugs a machine's cables: one end on the network's bridge, the other as eth0.. in the network
   * namespace of process `pid`. A machine that is plugged already stays so.
   */
  async plug(
    play: string,
    networks: NetworkSpec[],
    machine: number,
    interfaces: InterfaceSpec[],
    pid: number,
  ): Promise<void> {
    const space = await this.#ensure(play, networks);
    for (const [index, wanted] of interfaces.entries()) {
      const bridge = networks.findIndex((network) => network.name === wanted.network);
      if (bridge < 0) throw new Error(`the play has no network ${wanted.network}`);
      const inside = ["-t", String(pid), "-n", "ip"];
      const eth = `eth${index}`;
      const cable = `m${machine}e${index}`;
      const there = await execa("nsenter", [...inside, "link", "show", eth], { reject: false });
      if (there.exitCode === 0) continue;
      // The other end went with the last start's namespace, which the kernel clears with a delay.
      await execa("ip", ["-n", space, "link", "del", cable], { reject: false });
      const mac = wanted.mac ? ["address", wanted.mac] : [];
      const added = ["-n", space, "link", "add", cable, "type", "veth"];
      await execa("ip", [...added, "peer", "name", eth, ...mac, "netns", String(pid)]);
      await execa("ip", ["-n", space, "link", "set", cable, "master", `br${bridge}`, "up"]);
      if (wanted.address)
        await execa("nsenter", [...inside, "addr", "add", wanted.address, "dev", eth]);
      await execa("nsenter", [...inside, "link", "set", eth, "up"]);
    }
  }

  /**
   * Makes the taps of a virtual machine, each on its network's bridge and for this user only. Those
   * of an earlier start are replaced.
   * @returns the network namespace and the taps' names in it.
   */
  async tap(
    play: string,
    networks: NetworkSpec[],
    machine: number,
    interfaces: InterfaceSpec[],
    uid: number,
  ): Promise<{ space: string; taps: string[] }> {
    const space = await this.#ensure(play, networks);
    const taps: string[] = [];
    const lines: string[] = [];
    for (const [index, wanted] of interfaces.entries()) {
      const bridge = networks.findIndex((network) => network.name === wanted.network);
      if (bridge < 0) throw new Error(`the play has no network ${wanted.network}`);
      const tap = `m${machine}e${index}`;
      taps.push(tap);
      await execa("ip", ["-n", space, "link", "del", tap], { reject: false });
      lines.push(`tuntap add dev ${tap} mode tap user ${uid}`);
      lines.push(`link set ${tap} master br${bridge} up`);
    }
    await execa("ip", ["-n", space, "-batch", "-"], { input: `${lines.join("\n")}\n` });
    return { space, taps };
  }

  /** Removes the networks of a play. */
  async remove(play: string): Promise<void> {
    const space = this.#space(play);
    if ((await this.#spaces()).includes(space)) await execa("ip", ["netns", "del", space]);
  }

  /** Removes the networks of this host that belong to none of these plays. */
  async reap(plays: Set<string>): Promise<void> {
    const known = new Set([...plays].map((play) => this.#space(play)));
    for (const space of await this.#spaces())
      if (!known.has(space)) await execa("ip", ["netns", "del", space]);
  }
}
