// Frames between hostd and a client of a terminal: a type, then a body.

/** First byte of a frame (client to hostd, hostd to client). */
export const IN = { data: 0, resize: 1, ack: 2, eof: 3 } as const;
export const OUT = { stdout: 0, stderr: 1, control: 2 } as const;

export function frame(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type), body]);
}
/** Something about the terminal, for who reads no bytes of it. */
export function control(body: object): Buffer {
  return frame(OUT.control, Buffer.from(JSON.stringify(body)));
}

/** The size of a window that a client told, within bounds; undefined when it is none. */
export function parseSize(body: Buffer): { rows: number; cols: number } | undefined {
  try {
    const { rows, cols } = JSON.parse(body.toString()) as { rows: unknown; cols: unknown };
    if (typeof rows !== "number" || typeof cols !== "number") return undefined;
    const bound = (value: number) => Math.min(Math.max(Math.trunc(value) || 2, 2), 1_000);
    return { rows: bound(rows), cols: bound(cols) };
  } catch {
    return undefined;
  }
}
