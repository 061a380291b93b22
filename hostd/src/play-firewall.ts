import { elements } from "./egress/nft.ts";
import type { Policy } from "./egress/policy.ts";
import { NEVER } from "./egress/ranges.ts";
import { DIALER_UID } from "./ports/dial.ts";

/** New connections of a play in a second, those at once, and connections of one machine at once. */
const RATE = "100/second burst 200 packets";
const AT_ONCE = 256;

/** A bridge of a play as its namespace's firewall sees it. */
export interface Bridge {
  name: string;
  /** The address at which the play's namespace is the network's gateway; undefined = it is none. */
  gateway: string | undefined;
  /** The address of the play's registry; undefined = it is not on this network. */
  registry?: string | undefined;
}

/** How a play's machines may leave it. */
export interface WayOut {
  policy: Policy;
  /** The interface that leads out. */
  device: string;
  /** Networks that may be reached though they are not public. */
  except: string[];
}

/**
 * The firewall of a play's network namespace, as a script for nft that can be applied again at any
 * time; what the resolver has opened stays open.
 *
 * To itself it lets through an echo at a network's own gateway, and questions to the name server there
 * when there is a way out. Its bridges have addresses, so without this a machine would reach those of
 * other networks, and whatever the kernel offers there. It forwards within a bridge (what is bridged
 * passes here where the host has br_netfilter) and from networks with a gateway to the way out;
 * between networks never. Its own processes, QEMUs for one, can only answer; the one that carries ports
 * to browsers may begin a connection to a machine.
 */
export function playFirewall(bridges: Bridge[], way: WayOut | undefined): string {
  const gateways = bridges.flatMap(({ name, gateway }) => (gateway ? [{ name, gateway }] : []));
  const rules = [
    ...gateways.map(
      ({ name, gateway }) =>
        `input iifname ${name} ip daddr ${gateway} icmp type echo-request limit rate 50/second accept`,
    ),
    ...(way ? gateways : []).flatMap(({ name, gateway }) =>
      ["udp dport 53 limit rate 100/second burst 200 packets", "tcp dport 53"].map(
        (what) => `input iifname ${name} ip daddr ${gateway} ${what} accept`,
      ),
    ),
    ...bridges.flatMap(({ name, registry }) =>
      registry ? [`input iifname ${name} ip daddr ${registry} tcp dport 443 accept`] : [],
    ),
    // What hostd opens to browsers, and nothing but answers of it.
    `output oifname "br*" meta skuid ${DIALER_UID} meta l4proto tcp accept`,
    'input iifname "br*" meta l4proto tcp ct state established accept',
    "output ct state established,related accept",
    "output icmp type { echo-reply, destination-unreachable } accept",
    ...bridges.map(({ name }) => `forward iifname ${name} oifname ${name} accept`),
    ...(way ? leaving(gateways, way) : []),
  ];
  const chains = ["input", "forward", "output"].map(
    (name) =>
      `add chain inet agon ${name} { type filter hook ${name} priority 0; policy drop; }\nflush chain inet agon ${name}\n`,
  );
  return [
    "add table inet agon\n",
    "add set inet agon allowed { type ipv4_addr; flags timeout; size 4096; }\n",
    "add set inet agon busy { type ipv4_addr; flags dynamic; size 256; }\n",
    "add set inet agon never { type ipv4_addr; flags interval; }\nflush set inet agon never\n",
    "add set inet agon except { type ipv4_addr; flags interval; }\nflush set inet agon except\n",
    elements("never", NEVER),
    elements("except", way?.except ?? []),
    ...chains,
    "add chain inet agon leave\nflush chain inet agon leave\n",
    "add chain inet agon mask { type nat hook postrouting priority 100; }\nflush chain inet agon mask\n",
    ...rules.map((rule) => `add rule inet agon ${rule}\n`),
  ].join("");
}

function leaving(gateways: { name: string }[], { policy, device }: WayOut): string[] {
  const no = "reject with icmp type admin-prohibited";
  const rules = [
    "forward ct state invalid drop",
    "forward ct state established,related accept",
    ...gateways.map(({ name }) => `forward iifname ${name} oifname ${device} goto leave`),
    "leave meta nfproto != ipv4 drop",
    // An address that is not of the network it comes from.
    "leave fib saddr . iif oif missing drop",
    `leave ip daddr @never ip daddr != @except ${no}`,
    `leave limit rate over ${RATE} drop`,
    `leave add @busy { ip saddr ct count over ${AT_ONCE} } ${no}`,
  ];
  rules.push(
    policy === "allow"
      ? "leave tcp dport { 80, 443 } ip daddr @allowed accept"
      : // Mail that a play sends would be its operator's.
        "leave tcp dport != 25 accept",
  );
  if (policy === "open") rules.push("leave meta l4proto { udp, icmp } accept");
  rules.push(`leave ${no}`, `mask oifname ${device} masquerade`);
  return rules;
}
