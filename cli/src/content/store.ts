import { createHash } from "node:crypto";
import { KINDS, PLURALS, isKind, type Kind } from "@agon/content/kinds";
import { Fault } from "../fault.ts";

/** A stored file: its path and the hex MD5 of its bytes. */
export interface StoredFile {
  path: string;
  digest: string;
}

/** What the arena says of a stored item. */
export interface StoredItem {
  kind: Kind;
  name: string;
  title: string;
  updatedAt: string;
  pageUrl: string;
  revision: number;
  approved: boolean;
  access: Record<string, string[]>;
  problems?: {
    file: string;
    line: number;
    column: number;
    severity: "error" | "warning";
    code: never;
    message: string;
    fix: string;
  }[];
}

/** Transfers at a time. */
const AT_ONCE = 7;
const PATIENCE = 60_000;

export function kindOf(text: string | undefined): Kind {
  if (text !== undefined && isKind(text)) return text;
  throw new Fault(`Which kind? One of ${KINDS.join(", ")}`);
}

/** The arena's content interface, as an author. */
export class ContentStore {
  readonly #endpoint = (process.env["AGON_ENDPOINT"] ?? "").replace(/\/$/, "");
  readonly #key = process.env["AGON_API_KEY"] ?? "";

  async #call(method: string, path: string, body?: object | Buffer): Promise<Response> {
    const json = body !== undefined && !Buffer.isBuffer(body);
    let response: Response;
    try {
      response = await fetch(path.startsWith("http") ? path : `${this.#endpoint}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#key}`,
          ...(json ? { "content-type": "application/json" } : {}),
        },
        ...(body === undefined
          ? {}
          : { body: json ? JSON.stringify(body) : new Uint8Array(body as Buffer) }),
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw new Fault(`${this.#endpoint || "The arena"} does not answer. Run ./agon up`);
    }
    if (response.ok) return response;
    const reason = (await response.text()).trim().slice(0, 1000);
    throw new Fault(reason || `The arena answered with ${response.status}.`);
  }

  async #json<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.#call(method, path, body)).json()) as T;
  }

  create(kind: Kind, name: string): Promise<StoredItem> {
    return this.#json("POST", `/api/${PLURALS[kind]}`, { name });
  }

  item(kind: Kind, name: string): Promise<StoredItem> {
    return this.#json("GET", `/api/${PLURALS[kind]}/${encodeURIComponent(name)}`);
  }

  list(kind: Kind): Promise<StoredItem[]> {
    return this.#json("GET", `/api/author/${PLURALS[kind]}`);
  }

  async remove(kind: Kind, name: string): Promise<void> {
    await this.#call("DELETE", `/api/${PLURALS[kind]}/${encodeURIComponent(name)}`);
  }

  files(kind: Kind, name: string): Promise<StoredFile[]> {
    return this.#json(
      "GET",
      `/api/content/v2/files?${new URLSearchParams({ kind, name }).toString()}`,
    );
  }

  async read(kind: Kind, name: string, path: string): Promise<Buffer> {
    const at = [PLURALS[kind], name, ...path.split("/")].map(encodeURIComponent).join("/");
    return Buffer.from(await (await this.#call("GET", `/content/files/${at}`)).arrayBuffer());
  }

  async write(kind: Kind, name: string, file: string, bytes: Buffer, asIs = false): Promise<void> {
    if (file.endsWith(".md")) {
      const content = bytes.toString("utf8");
      // Bytes that are no text would come back changed: they go as they are.
      if (Buffer.from(content).equals(bytes)) {
        await this.#call("PUT", "/api/content/markdown", { kind, name, file, content, asIs });
        return;
      }
    }
    const to = new URLSearchParams({ kind, name, file });
    await this.#call("PUT", `/api/content/upload?${to.toString()}`, bytes);
  }

  async delete(kind: Kind, name: string, file: string): Promise<void> {
    const what = new URLSearchParams({ kind, name, file });
    await this.#call("DELETE", `/api/content/files?${what.toString()}`);
  }

  setAccess(
    kind: Kind,
    name: string,
    access: Record<string, string[]>,
    approved?: boolean,
  ): Promise<StoredItem> {
    return this.#json("PUT", "/api/content/access", {
      kind,
      name,
      access,
      ...(approved === undefined ? {} : { approved }),
    });
  }
}

/** Does some work for each, a few at a time; the first failure ends it. */
export async function eachAtOnce<T>(
  list: readonly T[],
  work: (one: T) => Promise<void>,
): Promise<void> {
  const open = [...list];
  const worker = async (): Promise<void> => {
    for (let one = open.shift(); one !== undefined; one = open.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");
