import type { Duplex } from "node:stream";
import { execa } from "execa";
import type { InterfaceSpec, NetworkSpec, StartPlayRequest } from "@agon/protocol/host";
import type { MachinePlace } from "./driver.ts";
import { limitCables } from "./cable-limits.ts";
import { nft } from "./egress/nft.ts";
import type { PlayEgress } from "./egress/play-egress.ts";
import { shortHash } from "./names.ts";
import { playFirewall } from "./play-firewall.ts";
import { dial } from "./ports/dial.ts";

/** In the place of a play's id, for machines that wait for one; no play is called so. */
export const POOL = "_pool";

/** The address at which a network's gateway stands for the play's namespace; undefined when there is none. */
function gatewayOf(network: NetworkSpec, hosts: MachinePlace["hosts"]): string | undefined {
  const { gateway } = network;
  // A machine of the play may be the gateway.
  if (network.private || !gateway || hosts.some(({ address }) => address === gateway))
    return undefined;
  return gateway;
}

/** The gateway of a machine's default route: that of its first network that leads out (spec 3.3.3). */
export function defaultGateway({ machine, networks }: MachinePlace): string | undefined {
  for (const { network, address } of machine.interfaces) {
    const found = networks.find(({ name }) => name === network);
    if (!found?.private && found?.gateway && address.split("/")[0] !== found.gateway)
      return found.gateway;
  }
  return undefined;
}

/** The name server that a machine asks: its default gateway, where the play has a way out. */
export function nameServer(place: MachinePlace): string | undefined {
  return place.egress?.policy && place.egress.policy !== "none" ? defaultGateway(place) : undefined;
}

/**
 * Networks of plays: a network namespace per play with a bridge per network. Nothing leads from there
 * to the host or another play, and two plays may use the same subnet. Out of it leads what the play's
 * egress policy lets through.
 */
export class PlayNetworks {
  readonly #prefix: string;
  readonly #egress: PlayEgress;
  readonly #made = new Map<string, Promise<string>>();
  #pool: Promise<string> | undefined;

  readonly #ready: (place: MachinePlace, space: string) => Promise<void>;

  /** @param ready called whenever a play's namespace was made, or found after a start of hostd. */
  constructor(
    prefix: string,
    egress: PlayEgress,
    ready: (place: MachinePlace, space: string) => Promise<void>,
  ) {
    this.#prefix = prefix;
    this.#egress = egress;
    this.#ready = ready;
  }

  /** What a play asks of its networks and this host does not give, in words. */
  lacks(spec: StartPlayRequest): string | undefined {
    return this.#egress.lacks(spec);
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

  /** The play's namespace with its bridges and its way out; made once, for all machines that ask. */
  ensure(place: MachinePlace): Promise<string> {
    const { play } = place;
    const made =
      this.#made.get(play) ??
      this.#make(place).catch((error: unknown) => {
        this.#made.delete(play);
        throw error;
      });
    this.#made.set(play, made);
    return made;
  }

  async #make(place: MachinePlace): Promise<string> {
    const { play, networks, hosts, egress, registries } = place;
    const space = this.#space(play);
    // Each step may be there already, of an earlier hostd.
    await execa("ip", ["netns", "add", space], { reject: false });
    const inside = ["netns", "exec", space];
    const way = this.#egress.wayOf(egress);
    // A new namespace has the host's settings, which forwards where Docker runs.
    const settings = [
      `ipv4.ip_forward=${way ? 1 : 0}`,
      "ipv6.conf.all.disable_ipv6=1",
      // A gateway answers the machines of its own network only, not what another one forwards to it.
      "ipv4.conf.all.rp_filter=1",
    ];
    const sysctl = settings.map((one) => `net.${one}`);
    await execa("ip", [...inside, "sysctl", "-qw", ...sysctl]);
    const bridges = networks.map((network, index) => ({
      name: `br${index}`,
      gateway: gatewayOf(network, hosts),
      registry: registries.get(network.name),
    }));
    await nft(space, playFirewall(bridges, way));
    const lines = networks.flatMap((network, index) => {
      const gateway = gatewayOf(network, hosts);
      const registry = registries.get(network.name);
      const mask = network.subnet.split("/")[1] ?? "24";
      return [
        `link add br${index} type bridge`,
        ...(gateway ? [`addr replace ${gateway}/${mask} dev br${index}`] : []),
        ...(registry ? [`addr replace ${registry}/${mask} dev br${index}`] : []),
        `link set br${index} up`,
      ];
    });
    await execa("ip", ["-n", space, "-force", "-batch", "-"], {
      input: `${lines.join("\n")}\n`,
      reject: false,
    });
    await this.#egress.open(play, space, egress);
    await this.#ready(place, space);
    return space;
  }

  /**
   * Plugs a machine's cables: one end on the network's bridge, the other as eth0.. in the network
   * namespace of process `pid`. A machine that is plugged already stays so.
   */
  async plug(place: MachinePlace, pid: number): Promise<void> {
    const { machine, networks } = place;
    const space = await this.ensure(place);
    const inside = ["-t", String(pid), "-n", "ip"];
    const plugged: string[] = [];
    for (const [index, wanted] of machine.interfaces.entries()) {
      const bridge = bridgeOf(networks, wanted);
      const eth = `eth${index}`;
      const cable = `m${place.index}e${index}`;
      const there = await execa("nsenter", [...inside, "link", "show", eth], { reject: false });
      if (there.exitCode === 0) continue;
      // The other end went with the last start's namespace, which the kernel clears with a delay.
      await execa("ip", ["-n", space, "link", "del", cable], { reject: false });
      const mac = wanted.mac ? ["address", wanted.mac] : [];
      const added = ["-n", space, "link", "add", cable, "type", "veth"];
      await execa("ip", [...added, "peer", "name", eth, ...mac, "netns", String(pid)]);
      await execa("ip", ["-n", space, "link", "set", cable, "master", bridge, "up"]);
      if (wanted.address)
        await execa("nsenter", [...inside, "addr", "add", wanted.address, "dev", eth]);
      await execa("nsenter", [...inside, "link", "set", eth, "up"]);
      plugged.push(cable);
    }
    await limitCables(space, plugged);
    const gateway = defaultGateway(place);
    // A learner may have chosen another one since the start.
    if (gateway)
      await execa("nsenter", [...inside, "route", "add", "default", "via", gateway], {
        reject: false,
      });
  }

  /**
   * Makes the taps of a virtual machine, each on its network's bridge and for this user only. Those
   * of an earlier start are replaced.
   * @returns the network namespace and the taps' names in it.
   */
  async tap(place: MachinePlace, uid: number): Promise<{ space: string; taps: string[] }> {
    const space = await this.ensure(place);
    const taps: string[] = [];
    const lines: string[] = [];
    for (const [index, wanted] of place.machine.interfaces.entries()) {
      const tap = `m${place.index}e${index}`;
      taps.push(tap);
      await execa("ip", ["-n", space, "link", "del", tap], { reject: false });
      lines.push(`tuntap add dev ${tap} mode tap user ${uid}`);
      lines.push(`link set ${tap} master ${bridgeOf(place.networks, wanted)} up`);
    }
    await execa("ip", ["-n", space, "-batch", "-"], { input: `${lines.join("\n")}\n` });
    await limitCables(space, taps);
    return { space, taps };
  }

  /** A connection to a machine's port, from within its play; undefined when it has no address. */
  dial({ play, machine }: MachinePlace, port: number): Duplex | undefined {
    const address = machine.interfaces.find((one) => one.address)?.address.split("/")[0];
    return address ? dial(this.#space(play), address, port) : undefined;
  }

  /** The namespace of machines that wait in the pool: nothing leads anywhere from there. */
  async poolSpace(): Promise<string> {
    const space = this.#space(POOL);
    this.#pool ??= execa("ip", ["netns", "add", space], { reject: false }).then(() => space);
    return this.#pool;
  }

  /** Makes taps for a machine that has no play yet. @returns their names. */
  async poolTaps(id: string, count: number, uid: number): Promise<string[]> {
    const space = await this.poolSpace();
    const taps = Array.from({ length: count }, (_, index) => `p${id}e${index}`);
    const lines = taps.map((tap) => `tuntap add dev ${tap} mode tap user ${uid}\n`);
    await execa("ip", ["-n", space, "-batch", "-"], { input: lines.join("") });
    return taps;
  }

  /** Removes taps from the pool's namespace; such as a play took are not there any more. */
  async dropPoolTaps(taps: string[]): Promise<void> {
    if (taps.length === 0) return;
    const input = taps.map((tap) => `link del ${tap}\n`).join("");
    const batch = ["-n", this.#space(POOL), "-force", "-batch", "-"];
    await execa("ip", batch, { input, reject: false });
  }

  /**
   * Gives a machine's taps of the pool to its play, under the names that {@link tap} gives, and plugs
   * them. QEMU notices nothing: a tap may change its namespace while it is in use.
   */
  async takePoolTaps(place: MachinePlace, taps: string[]): Promise<void> {
    const space = await this.ensure(place);
    if (taps.length === 0) return;
    const names = taps.map((_, index) => `m${place.index}e${index}`);
    const move = taps.map((tap, index) => `link set ${tap} netns ${space} name ${names[index]}\n`);
    await execa("ip", ["-n", this.#space(POOL), "-batch", "-"], { input: move.join("") });
    const plug = place.machine.interfaces.map(
      (wanted, index) => `link set ${names[index]} master ${bridgeOf(place.networks, wanted)} up\n`,
    );
    await execa("ip", ["-n", space, "-batch", "-"], { input: plug.join("") });
    // Those of an interface do not go with it into another namespace.
    await limitCables(space, names);
  }

  /** Makes the networks of a play that is about to start. */
  async prepare(place: MachinePlace): Promise<void> {
    await this.ensure(place);
  }

  /** Removes the networks of a play. */
  async remove(play: string): Promise<void> {
    const space = this.#space(play);
    if (play === POOL) this.#pool = undefined;
    await this.#made.get(play)?.catch(() => undefined);
    this.#made.delete(play);
    await this.#egress.close(play);
    await this.#delete(space);
  }

  /** Removes a namespace; two who do it at once are one. */
  async #delete(space: string): Promise<void> {
    const there = async () => (await this.#spaces()).includes(space);
    if (!(await there())) return;
    try {
      await execa("ip", ["netns", "del", space]);
    } catch (error) {
      if (await there()) throw error;
    }
  }

  /** Removes the networks of this host that belong to none of these plays. */
  async reap(plays: Set<string>): Promise<void> {
    const known = new Set([...plays].map((play) => this.#space(play)));
    for (const space of await this.#spaces()) if (!known.has(space)) await this.#delete(space);
    await this.#egress.reap(plays);
  }
}

function bridgeOf(networks: NetworkSpec[], { network }: InterfaceSpec): string {
  const index = networks.findIndex(({ name }) => name === network);
  if (index < 0) throw new Error(`the play has no network ${network}`);
  return `br${index}`;
}
