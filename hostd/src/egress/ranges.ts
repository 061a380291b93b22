import { BlockList, isIPv4 } from "node:net";

/**
 * Addresses that no policy lets a machine reach: what is private, local, special or a cloud's
 * metadata service (RFC 6890 and its successors). What is left is the public internet.
 */
export const NEVER = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];

const RANGE = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/;

/** Whether the text is an IPv4 network with a mask. */
export function isRange(text: string): boolean {
  const [, address = "", mask = ""] = RANGE.exec(text) ?? [];
  return isIPv4(address) && Number(mask) <= 32;
}

function listOf(ranges: string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", mask = ""] = range.split("/");
    list.addSubnet(address, Number(mask), "ipv4");
  }
  return list;
}

/** Tells which addresses machines may be let to. */
export class PublicRanges {
  readonly #never = listOf(NEVER);
  readonly #except: BlockList;

  /** @param except networks that the operator lets machines reach though they are not public. */
  constructor(except: string[]) {
    this.#except = listOf(except);
  }

  has(address: string): boolean {
    return isIPv4(address) && (this.#except.check(address) || !this.#never.check(address));
  }
}

const number = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** Whether two networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [a = "", aMask = "32"] = one.split("/");
  const [b = "", bMask = "32"] = other.split("/");
  const size = 2 ** (32 - Math.min(Number(aMask), Number(bMask)));
  return Math.floor(number(a) / size) === Math.floor(number(b) / size);
}
