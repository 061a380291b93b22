/** First user of QEMUs; that of a machine follows from its name. */
const FIRST_UID = 0x4000_0001;

/** The user as whom a machine's QEMU runs: its own. @param hash of the machine's name, in hex. */
export function uidOf(hash: string): number {
  return FIRST_UID + Number.parseInt(hash.slice(0, 7), 16);
}
