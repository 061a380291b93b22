import { setTimeout as pause } from "node:timers/promises";
import { BODY, GuestLink } from "./guest-link.ts";

/** One thing that the guest's program does (guest/agon-guest.c). */
export interface Operation {
  type: string;
  body: Uint8Array;
}

/** A file, folder or link to make; numbers for owners. `append` keeps what is there. */
export interface GuestFile {
  path: string;
  kind: "file" | "append" | "folder" | "link";
  mode: number;
  uid: number;
  gid: number;
  content: Uint8Array;
  /** Of a link. */
  target: string;
}

const KIND = { file: "f", append: "a", folder: "d", link: "l" } as const;

export const operation = {
  /** Sets the clock to the host's time as it is when this is made. */
  clock(): Operation {
    const body = Buffer.alloc(12);
    const now = performance.timeOrigin + performance.now();
    const wall = Math.abs(now - Date.now()) < 50 ? now : Date.now();
    body.writeBigUInt64LE(BigInt(Math.floor(wall / 1_000)));
    body.writeUInt32LE(Math.floor((wall % 1_000) * 1e6), 8);
    return { type: "T", body };
  },
  entropy: (body: Uint8Array): Operation => ({ type: "E", body }),
  hostname: (name: string): Operation => ({ type: "H", body: Buffer.from(name) }),
  credential: (body: Uint8Array): Operation => ({ type: "K", body }),
  /** Gives eth`index` its addresses and switches it on. */
  plug(index: number, mac: string, address: string): Operation {
    const body = Buffer.alloc(12);
    body[0] = index;
    Buffer.from(mac.replaceAll(":", ""), "hex").copy(body, 1);
    const [ip = "", prefix = "0"] = address.split("/");
    if (ip) Buffer.from(ip.split(".").map(Number)).copy(body, 7);
    body[11] = Number(prefix);
    return { type: "N", body };
  },
  /** Makes an address the gateway of everything that no interface reaches, unless there is one. */
  route: (gateway: string): Operation => ({
    type: "R",
    body: Buffer.from(gateway.split(".").map(Number)),
  }),
  file(file: GuestFile): Operation[] {
    const head = Buffer.alloc(13);
    head.writeUInt32LE(file.mode, 0);
    head.writeUInt32LE(file.uid, 4);
    head.writeUInt32LE(file.gid, 8);
    head.write(KIND[file.kind], 12);
    const body = Buffer.concat([head, Buffer.from(`${file.path}\0${file.target}\0`)]);
    const operations: Operation[] = [{ type: "F", body }];
    for (let at = 0; at < file.content.length; at += BODY)
      operations.push({ type: "W", body: file.content.subarray(at, at + BODY) });
    return operations;
  },
  /** Mounts a device at a folder, which is made. */
  mount: (device: string, folder: string, filesystem: string, readOnly: boolean): Operation => ({
    type: "M",
    body: Buffer.concat([
      Buffer.of(readOnly ? 1 : 0),
      Buffer.from([device, folder, filesystem].map((text) => `${text}\0`).join("")),
    ]),
  }),
  /** Lets the root filesystem fill a disk that was made larger. */
  grow: { type: "G", body: Buffer.alloc(0) } satisfies Operation,
  /** Gives eth`index` another MAC; everything else of its network stays as the learner set it. */
  mac(index: number, mac: string): Operation {
    const address = Buffer.from(mac.replaceAll(":", ""), "hex");
    return { type: "A", body: Buffer.concat([Buffer.of(index), address]) };
  },
  /** Lets the journal so far be the one of this machine id (32 hex digits). */
  journal: (machineId: string): Operation => ({ type: "J", body: Buffer.from(machineId) }),
  /** Has sshd read its host key again. */
  sshAgain: { type: "U", body: Buffer.alloc(0) } satisfies Operation,
  /** Shuts the system down; what is asked with it may not be answered. */
  powerOff: { type: "P", body: Buffer.alloc(0) } satisfies Operation,
  sync: { type: "S", body: Buffer.alloc(0) } satisfies Operation,
  /** Fails unless both daemons wait for a host. */
  daemonsWait: { type: "B", body: Buffer.alloc(0) } satisfies Operation,
};

/** The guest's program, reached on the machine's control port. */
export class GuestAgent {
  readonly #link: GuestLink;
  readonly #asked = new Map<number, PromiseWithResolvers<string>>();
  #there = Promise.withResolvers<void>();
  #id = 0;

  constructor(port: string) {
    this.#link = new GuestLink(port, {
      begun: () => this.#there.resolve(),
      frame: (type, session, body) => {
        if (type === "D".charCodeAt(0)) this.#asked.get(session)?.resolve(body.toString());
      },
      lost: () => {
        this.#there = Promise.withResolvers<void>();
        for (const { reject } of this.#asked.values()) reject(new Error("the guest went away"));
      },
    });
  }

  /** Resolves once the guest's program answered. @throws Error after `ms`. */
  async ready(ms: number): Promise<void> {
    const late = new AbortController();
    try {
      await Promise.race([
        this.#there.promise,
        pause(ms, undefined, { signal: late.signal }).then(() => {
          throw new Error(`the guest did not answer within ${Math.round(ms / 1_000)} s`);
        }),
      ]);
    } finally {
      late.abort();
    }
  }

  /** Has all done, in order. @throws Error with the first failure, or after `ms`. */
  async run(operations: Operation[], ms: number): Promise<void> {
    const id = (this.#id = (this.#id + 1) % 65_536);
    const asked = Promise.withResolvers<string>();
    this.#asked.set(id, asked);
    for (const { type, body } of operations) this.#link.send(type.charCodeAt(0), 0, body);
    this.#link.send("D".charCodeAt(0), id);
    const timer = setTimeout(
      () => asked.reject(new Error(`the guest did not answer within ${Math.round(ms / 1_000)} s`)),
      ms,
    );
    try {
      const failure = await asked.promise;
      if (failure) throw new Error(`the guest could not ${failure}`);
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }

  /** The guest is stopped, or goes on. */
  rest(on: boolean): void {
    this.#link.rest(on);
  }

  /** The port's socket has another name from now on. */
  moved(port: string): void {
    this.#link.moved(port);
  }

  close(): void {
    this.#link.close();
  }
}
