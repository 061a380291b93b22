import { existsSync } from "node:fs";
import { execa } from "execa";
import type { Logger } from "@agon/daemon/log";
import { shortHash } from "../names.ts";
import { elements, nft } from "./nft.ts";
import { NEVER, overlap } from "./ranges.ts";
import type { EgressSettings } from "./settings.ts";
import { Uplink } from "./uplink.ts";

/** Where the cables between plays, router and computer have their addresses: 4 for each. */
const CABLES = { plays: "100.127.0.0/16", uplink: "100.126.0.0/16" };
const PAIRS = 2 ** 14;
/** A play's end of its cable, and the router's end of the computer's. */
export const PLAY_DEVICE = "way";
const OUT = "out";

interface Link {
  ifname: string;
  addr_info: { local?: string }[];
}

/** Whether a network of a play would hide the cables that lead out. */
export const hidesTheWayOut = (subnet: string): boolean =>
  Object.values(CABLES).some((range) => overlap(range, subnet));

/** The `at`th pair of addresses of a range. */
function pair(range: string, at: number): { near: string; far: string; network: string } {
  const base = range.split(".").slice(0, 2).join(".");
  const address = (plus: number) => `${base}.${at >> 6}.${((at & 63) << 2) + plus}`;
  return { near: address(1), far: address(2), network: `${address(0)}/30` };
}

/**
 * The router of a host: a network namespace between the plays that have a way out and the computer.
 * It is there while such a play is. Plays never reach each other through it, nor anything that is not
 * public, whatever their own firewalls say.
 */
export class EgressRouter {
  readonly #space: string;
  readonly #settings: EgressSettings;
  readonly #uplink: Uplink;
  readonly #start: number;
  #turn: Promise<unknown> = Promise.resolve();
  /** This hostd has made the router, or looked after that of an earlier one. */
  #ready = false;

  constructor(prefix: string, settings: EgressSettings, log: Logger) {
    // Plays' namespaces begin with the prefix and a dash.
    this.#space = `${prefix}.out`;
    this.#settings = settings;
    const hash = shortHash(prefix);
    this.#uplink = new Uplink(`agon-${hash}`, settings.uplink, log);
    this.#start = Number.parseInt(hash.slice(0, 4), 16) % PAIRS;
  }

  /** One change at a time: addresses are chosen by looking at those that are taken. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Leads a cable from a play's namespace to the router, and a default route. One that is there stays. */
  connect(play: string, space: string): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#ready || !this.#exists()) await this.#ensure();
      this.#ready = true;
      const cable = shortHash(play);
      const links = await this.#links();
      if (!links.some(({ ifname }) => ifname === cable)) {
        const { near, far } = pair(CABLES.plays, free(CABLES.plays, links, 0));
        const ends = ["peer", "name", PLAY_DEVICE, "netns", space];
        await this.#ip("link", "add", cable, "type", "veth", ...ends);
        await execa("ip", ["-n", space, "addr", "add", `${far}/30`, "dev", PLAY_DEVICE]);
        await this.#ip("addr", "add", `${near}/30`, "dev", cable);
      }
      const near = (await this.#links()).find(({ ifname }) => ifname === cable)?.addr_info[0]
        ?.local;
      if (!near) {
        // An earlier hostd was killed between the steps.
        await this.#ip("link", "del", cable);
        throw new Error("the cable that leads out has no address yet");
      }
      await this.#ip("link", "set", "dev", cable, "up");
      await execa("ip", ["-n", space, "link", "set", "dev", PLAY_DEVICE, "up"]);
      await execa("ip", ["-n", space, "route", "replace", "default", "via", near]);
      const rate = [
        "tbf",
        "rate",
        `${this.#settings.mbit}mbit`,
        "burst",
        "64kb",
        "latency",
        "100ms",
      ];
      for (const [at, device] of [
        [this.#space, cable],
        [space, PLAY_DEVICE],
      ])
        await execa("tc", ["-n", at!, "qdisc", "replace", "dev", device!, "root", ...rate]);
    });
  }

  /** Takes away the cables of all plays but these, and the router with the last one. */
  keep(plays: Iterable<string>): Promise<void> {
    const kept = new Set([...plays].map(shortHash));
    return this.#inTurn(async () => {
      if (!this.#exists()) return;
      for (const { ifname } of await this.#links())
        if (ifname !== "lo" && ifname !== OUT && !kept.has(ifname))
          // With a namespace that is just being removed it may be gone already.
          await execa("ip", ["-n", this.#space, "link", "del", ifname], { reject: false });
      const links = await this.#links();
      if (links.some(({ ifname }) => ifname !== "lo" && ifname !== OUT)) return;
      const { network } = await this.#computerPair();
      await this.#uplink.close(network);
      await execa("ip", ["netns", "del", this.#space]);
      this.#ready = false;
    });
  }

  #exists(): boolean {
    return existsSync(`/run/netns/${this.#space}`);
  }

  #ip(...args: string[]) {
    return execa("ip", ["-n", this.#space, ...args]);
  }

  async #links(): Promise<Link[]> {
    const { stdout } = await this.#ip("-j", "-4", "addr", "show");
    const known = JSON.parse(stdout || "[]") as Link[];
    // Those without an address are not in that list.
    const all = JSON.parse((await this.#ip("-j", "link", "show")).stdout) as { ifname: string }[];
    return all.map(
      ({ ifname }) => known.find((one) => one.ifname === ifname) ?? { ifname, addr_info: [] },
    );
  }

  /** The addresses of the cable to the computer: those it has, else the first pair that is free there. */
  async #computerPair() {
    const { stdout } = await this.#uplink.run("ip", ["-j", "-4", "addr", "show"]);
    const links = JSON.parse(stdout || "[]") as Link[];
    const own = links.find(({ ifname }) => ifname === this.#uplink.device)?.addr_info[0]?.local;
    if (own) {
      const [, , third = 0, fourth = 0] = own.split(".").map(Number);
      return pair(CABLES.uplink, (third << 6) + (fourth >> 2));
    }
    return pair(CABLES.uplink, free(CABLES.uplink, links, this.#start));
  }

  async #ensure(): Promise<void> {
    if (!this.#exists()) await execa("ip", ["netns", "add", this.#space]);
    const settings = [
      "net.ipv4.ip_forward=1",
      "net.ipv4.conf.all.rp_filter=1",
      "net.ipv6.conf.all.disable_ipv6=1",
    ];
    await execa("ip", ["netns", "exec", this.#space, "sysctl", "-qw", ...settings]);
    await nft(this.#space, routerFirewall(this.#settings.except));
    const { device } = this.#uplink;
    const { near, far, network } = await this.#computerPair();
    const there = await this.#uplink.run("ip", ["link", "show", device], { reject: false });
    const ours = await execa("ip", ["-n", this.#space, "link", "show", OUT], { reject: false });
    if (there.exitCode !== 0 || ours.exitCode !== 0) {
      await this.#uplink.run("ip", ["link", "del", device], { reject: false });
      await execa("ip", ["-n", this.#space, "link", "del", OUT], { reject: false });
      // Made in the router: the computer's end is moved by the namespace's file, which any process has.
      const home = this.#settings.uplink || String(process.pid);
      await this.#ip("link", "add", OUT, "type", "veth", "peer", "name", device, "netns", home);
    }
    await this.#uplink.run("ip", ["addr", "replace", `${near}/30`, "dev", device]);
    await this.#uplink.run("ip", ["link", "set", "dev", device, "up"]);
    await this.#ip("addr", "replace", `${far}/30`, "dev", OUT);
    await this.#ip("link", "set", "dev", OUT, "up");
    await this.#ip("route", "replace", "default", "via", near);
    await this.#uplink.open(network);
  }
}

/** The first pair of a range, from a start on, of which no link has an address. */
function free(range: string, links: Link[], start: number): number {
  const taken = new Set(links.flatMap(({ addr_info }) => addr_info.map(({ local }) => local)));
  for (let step = 0; step < PAIRS; step++) {
    const at = (start + step) % PAIRS;
    const { near, far } = pair(range, at);
    if (!taken.has(near) && !taken.has(far)) return at;
  }
  throw new Error(`no addresses are left in ${range}`);
}

/** Lets plays out, and nothing else through; applied again it is the same. */
function routerFirewall(except: string[]): string {
  return `add table inet agon
add set inet agon never { type ipv4_addr; flags interval; }
flush set inet agon never
add set inet agon except { type ipv4_addr; flags interval; }
flush set inet agon except
${elements("never", NEVER)}${elements("except", except)}add chain inet agon input { type filter hook input priority 0; policy drop; }
add chain inet agon output { type filter hook output priority 0; policy drop; }
add chain inet agon forward { type filter hook forward priority 0; policy drop; }
flush chain inet agon forward
add rule inet agon forward ct state established,related accept
add rule inet agon forward ip daddr @never ip daddr != @except drop
add rule inet agon forward meta nfproto ipv4 iifname != ${OUT} oifname ${OUT} accept
add chain inet agon mask { type nat hook postrouting priority 100; }
flush chain inet agon mask
add rule inet agon mask oifname ${OUT} masquerade
`;
}
