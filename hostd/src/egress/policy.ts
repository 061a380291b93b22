import type { EgressSpec } from "@agon/protocol/host";

/** Where machines may connect to outside of their play, from nowhere to everywhere public. */
export const POLICIES = ["none", "allow", "open"] as const;
export type Policy = (typeof POLICIES)[number];

/** The policy that a spec asks for. @returns undefined when there is no such policy. */
export function policyOf(egress: EgressSpec | undefined): Policy | undefined {
  if (!egress?.policy) return "none";
  return POLICIES.find((one) => one === egress.policy);
}

/** Whether `policy` lets through no more than `most` does. */
export const within = (policy: Policy, most: Policy): boolean =>
  POLICIES.indexOf(policy) <= POLICIES.indexOf(most);

/** Whether a name is one of these, or below one that begins with `*.`. Case does not matter, nor a dot at the end. */
export function allowsName(names: string[], name: string): boolean {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  return names.some((one) =>
    one.startsWith("*.") ? wanted.endsWith(one.slice(1)) : wanted === one,
  );
}
