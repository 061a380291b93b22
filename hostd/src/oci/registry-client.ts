import { createHash } from "node:crypto";
import type { RegistryCredential } from "@agon/protocol/host";
import type { ImageReference } from "./reference.ts";

/** An image of a registry as it may be pulled: exact, for this kind of machine, and of a known size. */
export interface ResolvedImage {
  reference: ImageReference;
  /** `sha256:…` of the manifest for linux/amd64. */
  digest: string;
  /** Compressed bytes of all layers. */
  bytes: number;
}

/** Bytes of a manifest or configuration at most (distribution specification: 4 MiB). */
const MAX_DOCUMENT = 4 * 2 ** 20;
/** Milliseconds that a registry may take for one of them. */
const PATIENCE = 20_000;
const INDEX = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const MANIFEST = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::|$)/;

interface Descriptor {
  mediaType?: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string };
}

/** Asks a registry what a reference means, as its owner or as anybody. */
export class RegistryClient {
  readonly #reference: ImageReference;
  readonly #credential: RegistryCredential | undefined;
  #authorization = "";

  /** @param credentials of the play's owner; the one of the reference's registry is used. */
  constructor(reference: ImageReference, credentials: readonly RegistryCredential[]) {
    this.#reference = reference;
    this.#credential = credentials.find(({ registry }) => registry === reference.registry);
  }

  get #name(): string {
    const { registry, repository, tag, digest } = this.#reference;
    return `${registry}/${repository}:${tag}${digest ? `@${digest}` : ""}`;
  }

  /**
   * Finds the image for linux/amd64. Whoever may not pull it does not get past this.
   * @throws Error in words for who waits: unreachable, not found, not allowed, other bytes than the digest says, another architecture.
   */
  async resolve(): Promise<ResolvedImage> {
    const { tag, digest } = this.#reference;
    const first = await this.#document(
      `manifests/${digest || tag}`,
      [...INDEX, ...MANIFEST],
      digest,
    );
    let found = { digest: first.digest, json: first.json };
    const list = first.json["manifests"] as Descriptor[] | undefined;
    if (list) {
      const fits = list.find(
        ({ platform }) => platform?.os === "linux" && platform.architecture === "amd64",
      );
      if (!fits) {
        const has = list.flatMap(({ platform }) =>
          platform ? [`${platform.os}/${platform.architecture}`] : [],
        );
        throw new Error(`${this.#name} is for ${has.join(", ")}; machines here are linux/amd64`);
      }
      found = await this.#document(`manifests/${fits.digest}`, MANIFEST, fits.digest);
    }
    const { config, layers } = found.json as { config?: Descriptor; layers?: Descriptor[] };
    if (!config || !layers)
      throw new Error(`${this.#name} is no image: its manifest has no configuration or no layers`);
    const { json } = await this.#document(`blobs/${config.digest}`, [], config.digest);
    if (json["os"] !== "linux" || json["architecture"] !== "amd64")
      throw new Error(
        `${this.#name} is for ${String(json["os"])}/${String(json["architecture"])}; machines here are linux/amd64`,
      );
    const bytes = layers.reduce((sum, { size }) => sum + (Number(size) || 0), 0);
    return { reference: this.#reference, digest: found.digest, bytes };
  }

  /** A JSON document. @param expected its digest; empty = whatever is there. */
  async #document(
    path: string,
    accept: string[],
    expected: string,
  ): Promise<{ digest: string; json: Record<string, unknown> }> {
    const response = await this.#get(path, accept);
    const body = await bounded(response, MAX_DOCUMENT, this.#name);
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    if (expected && digest !== expected)
      throw new Error(`${this.#name}: the registry sent ${digest} for ${expected}`);
    try {
      return { digest, json: JSON.parse(body.toString()) as Record<string, unknown> };
    } catch {
      throw new Error(`${this.#name}: the registry sent what is not JSON`);
    }
  }

  async #get(path: string, accept: string[]): Promise<Response> {
    const { registry, repository } = this.#reference;
    // As Docker does: this computer's own registries may speak plainly.
    const scheme = LOOPBACK.test(registry) ? "http" : "https";
    const url = `${scheme}://${registry}/v2/${repository}/${path}`;
    let response = await this.#fetch(url, accept);
    if (response.status === 401 && (await this.#authorize(response)))
      response = await this.#fetch(url, accept);
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) throw new Error(`${this.#name} is not in its registry`);
    if (response.status === 401 || response.status === 403)
      throw new Error(
        this.#credential
          ? `${registry} does not let ${this.#credential.username} pull ${repository}`
          : `${registry} lets only some pull ${repository}: the owner of this play has no credentials for it`,
      );
    throw new Error(`${registry} answered ${response.status} for ${this.#name}`);
  }

  async #fetch(url: string, accept: string[]): Promise<Response> {
    const headers: Record<string, string> = { "user-agent": "agon" };
    if (accept.length) headers["accept"] = accept.join(", ");
    // fetch takes it off where a blob is on another server.
    if (this.#authorization) headers["authorization"] = this.#authorization;
    try {
      return await fetch(url, {
        headers,
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
      const why = cause?.code ?? cause?.message ?? message;
      throw new Error(`the registry ${this.#reference.registry} can't be reached: ${why}`, {
        cause: error,
      });
    }
  }

  /** Answers a challenge (RFC 7235; distribution's token specification). @returns whether there is something to answer. */
  async #authorize(refused: Response): Promise<boolean> {
    await refused.body?.cancel();
    const challenge = refused.headers.get("www-authenticate") ?? "";
    const { username, password } = this.#credential ?? {};
    const basic = this.#credential
      ? `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`
      : "";
    if (/^basic\b/i.test(challenge)) {
      this.#authorization = basic;
      return basic !== "";
    }
    const realm = /realm="([^"]+)"/.exec(challenge)?.[1];
    if (!/^bearer\b/i.test(challenge) || !realm) return false;
    const url = new URL(realm);
    const service = /service="([^"]+)"/.exec(challenge)?.[1];
    if (service) url.searchParams.set("service", service);
    url.searchParams.set("scope", `repository:${this.#reference.repository}:pull`);
    this.#authorization = basic;
    const response = await this.#fetch(url.href, []);
    this.#authorization = "";
    if (!response.ok) {
      await response.body?.cancel();
      return false;
    }
    const body = await bounded(response, MAX_DOCUMENT, this.#name);
    const { token, access_token } = JSON.parse(body.toString()) as Record<string, string>;
    this.#authorization = `Bearer ${token ?? access_token ?? ""}`;
    return true;
  }
}

async function bounded(response: Response, limit: number, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > limit) throw new Error(`${name}: the registry sent more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
