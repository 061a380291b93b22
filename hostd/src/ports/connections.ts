/** Connections through ports of one play at once. */
const AT_ONCE = 64;

interface Connection {
  label: string;
  end: () => void;
}

/** What is connected through the ports of each play: bounded, and cut off when a port is closed. */
export class PortConnections {
  readonly #open = new Map<string, Set<Connection>>();

  /** Whether a play has as many as it may have. */
  full(play: string): boolean {
    return (this.#open.get(play)?.size ?? 0) >= AT_ONCE;
  }

  /** Counts a connection until the answered function is called. @param end cuts it off at both sides. */
  add(play: string, label: string, end: () => void): () => void {
    const all = this.#open.get(play) ?? new Set();
    this.#open.set(play, all);
    const one = { label, end };
    all.add(one);
    return () => {
      all.delete(one);
      if (all.size === 0 && this.#open.get(play) === all) this.#open.delete(play);
    };
  }

  /** Cuts off all that goes through a port. */
  cut(play: string, label: string): void {
    for (const one of this.#open.get(play) ?? []) if (one.label === label) one.end();
  }
}
