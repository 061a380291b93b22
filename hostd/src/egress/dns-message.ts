/** A question of a name server's client (RFC 1035), as far as it is answered here. */
export interface Question {
  id: number;
  /** Lower case, without the dot at the end. */
  name: string;
  type: number;
  /** The question as it came, to be repeated in the answer. */
  raw: Buffer;
  recursion: boolean;
}

export const TYPE_A = 1;
export const RCODE = { ok: 0, failed: 2, noName: 3, notImplemented: 4, refused: 5 } as const;

const HEAD = 12;
const CLASS_IN = 1;
/** With more addresses an answer could be larger than every client takes by UDP. */
const MAX_ADDRESSES = 12;

/** Reads a message with one question. @returns undefined when it is none: it gets no answer. */
export function readQuestion(message: Buffer): Question | undefined {
  if (message.length < HEAD + 5) return undefined;
  const flags = message.readUInt16BE(2);
  // A query (not an answer) with the standard operation, and one question.
  if ((flags & 0xf800) !== 0 || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEAD;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return undefined;
    at++;
    if (length === 0) break;
    if (at + length > message.length || at - HEAD + length > 255) return undefined;
    const label = message.subarray(at, at + length).toString("latin1");
    if (!/^[A-Za-z0-9_-]+$/.test(label)) return undefined;
    labels.push(label.toLowerCase());
    at += length;
  }
  if (at + 4 > message.length || message.readUInt16BE(at + 2) !== CLASS_IN) return undefined;
  return {
    id: message.readUInt16BE(0),
    name: labels.join("."),
    type: message.readUInt16BE(at),
    raw: message.subarray(HEAD, at + 4),
    recursion: (flags & 0x0100) !== 0,
  };
}

/** The answer to a question: these IPv4 addresses for `ttl` seconds, or only a code. */
export function writeAnswer(
  { id, raw, recursion }: Question,
  rcode: number,
  addresses: string[] = [],
  ttl = 0,
): Buffer {
  const told = addresses.slice(0, MAX_ADDRESSES);
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(id, 0);
  // An answer; recursion is available.
  head.writeUInt16BE(0x8080 | (recursion ? 0x0100 : 0) | rcode, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(told.length, 6);
  const records = told.map((address) => {
    const record = Buffer.alloc(16);
    // The name is the question's, at byte 12 of the message.
    record.writeUInt16BE(0xc000 | HEAD, 0);
    record.writeUInt16BE(TYPE_A, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(4, 10);
    record.set(address.split(".").map(Number), 12);
    return record;
  });
  return Buffer.concat([head, raw, ...records]);
}
