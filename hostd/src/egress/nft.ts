import { execa } from "execa";

/** Applies a script to a network namespace's firewall, all of it or nothing. */
export async function nft(space: string, script: string): Promise<void> {
  const args = [`--net=/run/netns/${space}`, "--", "nft", "-f", "-"];
  await execa("nsenter", args, { input: script });
}

/** The elements of a set in nft's language; one that holds nothing is left out. */
export const elements = (name: string, list: string[]): string =>
  list.length ? `add element inet agon ${name} { ${list.join(", ")} }\n` : "";
