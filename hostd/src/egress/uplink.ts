import { execa } from "execa";
import type { Logger } from "@agon/daemon/log";

/** A rule of the computer's firewall. */
interface Rule {
  table: string;
  chain: string;
  match: string[];
  target: string;
}

/** Seconds that iptables waits for its lock. */
const WAIT = ["-w", "10"];

/**
 * The computer's end of the cable that leads plays out: it forwards what comes from there under its own
 * address, and is no destination itself. Where it is, other firewalls are, too (Docker's drops what it
 * does not know), so the rules are put before theirs.
 */
export class Uplink {
  readonly device: string;
  readonly #enter: string[];
  readonly #log: Logger;

  /** @param space network namespace; empty = this process's own. */
  constructor(device: string, space: string, log: Logger) {
    this.device = device;
    this.#enter = space ? ["nsenter", `--net=/run/netns/${space}`, "--"] : [];
    this.#log = log;
  }

  /** Runs a command where the uplink is. */
  run(command: string, args: string[], options: { reject?: boolean } = {}) {
    const [first = command, ...rest] = [...this.#enter, command, ...args];
    return execa(first, rest, options);
  }

  #rules(network: string): Rule[] {
    const { device } = this;
    const mark = ["-m", "comment", "--comment", device];
    const back = ["-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED"];
    const rule = (table: string, chain: string, match: string[], target: string): Rule => ({
      table,
      chain,
      match: [...match, ...mark],
      target,
    });
    return [
      // Before Docker's rules could lead a published port to a container.
      rule("mangle", "PREROUTING", ["-i", device, "-m", "addrtype", "--dst-type", "LOCAL"], "DROP"),
      rule("filter", "INPUT", ["-i", device], "DROP"),
      rule("filter", "FORWARD", ["-i", device], "ACCEPT"),
      rule("filter", "FORWARD", ["-o", device, ...back], "ACCEPT"),
      rule("nat", "POSTROUTING", ["-s", network, "!", "-o", device], "MASQUERADE"),
    ];
  }

  /** Runs iptables on a rule. @returns whether it said yes. */
  async #iptables(what: "-C" | "-I" | "-D", rule: Rule): Promise<boolean> {
    const { table, chain, match, target } = rule;
    const args = [...WAIT, "-t", table, what, chain, ...match, "-j", target];
    return (await this.run("iptables", args, { reject: what === "-I" })).exitCode === 0;
  }

  /** Puts the rules where they are not yet. */
  async open(network: string): Promise<void> {
    for (const rule of this.#rules(network))
      if (!(await this.#iptables("-C", rule))) await this.#iptables("-I", rule);
    const setting = "net.ipv4.ip_forward";
    const { stdout } = await this.run("sysctl", ["-n", setting]);
    if (stdout.trim() === "1") return;
    this.#log.warn({ setting }, "this computer forwards from now on: a play has a way out");
    await this.run("sysctl", ["-qw", `${setting}=1`]);
  }

  /** Takes the rules away again. */
  async close(network: string): Promise<void> {
    for (const rule of this.#rules(network)) await this.#iptables("-D", rule);
  }
}
