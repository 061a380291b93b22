import { isIP } from "node:net";
import { POLICIES, type Policy } from "./policy.ts";
import { isRange } from "./ranges.ts";

/** What an operator says about the way out of this host's machines. */
export interface EgressSettings {
  /** The most that a playground may ask for. */
  most: Policy;
  /** Name servers that are asked for machines; empty = this computer's. `address` or `address:port`. */
  nameServers: string[];
  /** Networks that machines may reach though they are not public. */
  except: string[];
  /** Network namespace that leads out; empty = this process's own. */
  uplink: string;
  /** Megabits per second of one play, each way. */
  mbit: number;
}

const list = (text: string): string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

/** Reads AGON_EGRESS and its companions. @throws Error with everything that is wrong. */
export function egressSettings(env: Record<string, string | undefined>): EgressSettings {
  const wrong: string[] = [];
  const most = POLICIES.find((one) => one === (env["AGON_EGRESS"] || "open"));
  if (!most) wrong.push(`AGON_EGRESS: one of ${POLICIES.join(", ")}`);
  const nameServers = list(env["AGON_EGRESS_DNS"] ?? "");
  for (const one of nameServers)
    if (!isIP(one.replace(/:\d+$/, ""))) wrong.push(`AGON_EGRESS_DNS: ${one} is no address`);
  const except = list(env["AGON_EGRESS_EXCEPT"] ?? "");
  for (const one of except)
    if (!isRange(one)) wrong.push(`AGON_EGRESS_EXCEPT: ${one} is no network with a mask`);
  const uplink = env["AGON_EGRESS_UPLINK"] ?? "";
  if (!/^[\w.-]*$/.test(uplink)) wrong.push("AGON_EGRESS_UPLINK: the name of a network namespace");
  const mbit = Number(env["AGON_EGRESS_MBIT"] || "20");
  if (!(mbit >= 1 && mbit <= 10_000)) wrong.push("AGON_EGRESS_MBIT: 1 to 10000");
  if (wrong.length) throw new Error(wrong.join("; "));
  return { most: most!, nameServers, except, uplink, mbit };
}
