import type { TerminalsCommand } from "@agon/protocol/machine";

/** Bytes of input kept: more than a client of ours leaves unanswered. */
const KEPT = 1_048_576;

/** Tells a machine's holder something. @returns false when it is not there. */
export type Tell = (command: NonNullable<TerminalsCommand["command"]>) => boolean;

interface Piece {
  data: Buffer;
  eof: boolean;
  /** Of its first byte. */
  offset: number;
}

/**
 * What clients send to a session, each byte once: the way to the machine may break with some of it under
 * way, and the holder is sent again what it has not got.
 */
export class SessionInput {
  readonly #key: string;
  readonly #tell: Tell;
  #pieces: Piece[] = [];
  #keptBytes = 0;
  #end = 0;

  /** @param key the holder's name of the session. */
  constructor(key: string, tell: Tell) {
    this.#key = key;
    this.#tell = tell;
  }

  write(data: Buffer, eof: boolean): void {
    const piece = { data, eof, offset: this.#end };
    this.#end += data.length;
    this.#pieces.push(piece);
    this.#keptBytes += data.length;
    while (this.#keptBytes > KEPT && this.#pieces.length > 1)
      this.#keptBytes -= this.#pieces.shift()!.data.length;
    this.#send(piece);
  }

  #send({ data, eof, offset }: Piece): void {
    this.#tell({ $case: "input", value: { session: this.#key, data, eof, offset } });
  }

  /**
   * The holder is there again, and has so much of the input.
   * @param got bytes; undefined = an old holder, which doesn't tell: what was under way stays lost.
   * @returns false when something is lost for good.
   */
  resume(got: number | undefined): boolean {
    if (got === undefined) return true;
    // Who opened the session, or an earlier hostd, wrote before.
    if (this.#pieces.length === 0) this.#end = Math.max(this.#end, got);
    const first = this.#pieces[0]?.offset ?? this.#end;
    for (const piece of this.#pieces) {
      const skip = Math.min(Math.max(0, got - piece.offset), piece.data.length);
      if (skip === piece.data.length && !piece.eof) continue;
      this.#send({ ...piece, data: piece.data.subarray(skip), offset: piece.offset + skip });
    }
    return got >= first;
  }
}
