import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { RegistryCredential } from "@agon/protocol/host";
import { failure } from "./failure.ts";
import type { RegistryCredentialDoc, Store } from "./models/store.ts";

/** Registries that one user may keep credentials for. */
const MAX = 10;
const REGISTRY = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/;
const IV = 12;
const TAG = 16;

/** What users may show to container registries: for images of the plays that they start, and no others'. */
export class RegistryCredentials {
  readonly #store: Store;
  readonly #key: Buffer;

  /** @param secret of the arena: without it the stored passwords can't be read. */
  constructor(store: Store, secret: string) {
    this.#store = store;
    this.#key = Buffer.from(hkdfSync("sha256", secret, "", "registry credentials", 32));
  }

  /** Keeps a user's credentials for a registry; earlier ones are replaced. */
  async keep(user: string, credential: RegistryCredential): Promise<void> {
    const { registry, username, password } = credential;
    if (!REGISTRY.test(registry) || registry.length > 200)
      throw failure(
        "BAD_INPUT",
        `"${registry.slice(0, 200)}" is no registry.`,
        "Write its host, with a port where it is not 443: registry.example.org",
      );
    if (!username || username.length > 200 || !password || password.length > 2_000)
      throw failure(
        "BAD_INPUT",
        "A user and a password are needed.",
        "A token is a password, too.",
      );
    const _id = `${user}:${registry}`;
    const known = await this.#store.registryCredentials.exists({ _id });
    if (!known && (await this.#store.registryCredentials.countDocuments({ user })) >= MAX)
      throw failure("LIMIT", `You have credentials for ${MAX} registries.`, "Remove one first.");
    const secret = this.#seal(_id, password);
    await this.#store.registryCredentials.updateOne(
      { _id },
      { $set: { user, registry, username, secret, at: Date.now() } },
      { upsert: true },
    );
  }

  /** A user's registries, without passwords. */
  async list(user: string): Promise<{ registry: string; username: string; at: number }[]> {
    const found = await this.#store.registryCredentials
      .find({ user })
      .lean<RegistryCredentialDoc[]>();
    return found
      .map(({ registry, username, at }) => ({ registry, username, at }))
      .sort((a, b) => a.registry.localeCompare(b.registry));
  }

  async remove(user: string, registry: string): Promise<void> {
    await this.#store.registryCredentials.deleteOne({ _id: `${user}:${registry}` });
  }

  /** For the host of a play that this user starts. */
  async of(user: string): Promise<RegistryCredential[]> {
    const found = await this.#store.registryCredentials
      .find({ user })
      .lean<RegistryCredentialDoc[]>();
    return found.map(({ _id, registry, username, secret }) => ({
      registry,
      username,
      password: this.#open(_id, secret),
    }));
  }

  /** Bound to its document: moved to another user's, it can't be opened. */
  #seal(id: string, password: string): string {
    const iv = randomBytes(IV);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv).setAAD(Buffer.from(id));
    const body = Buffer.concat([cipher.update(password, "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
  }

  #open(id: string, sealed: string): string {
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.#key, bytes.subarray(0, IV))
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes.subarray(IV, IV + TAG));
    return decipher.update(bytes.subarray(IV + TAG), undefined, "utf8") + decipher.final("utf8");
  }
}
