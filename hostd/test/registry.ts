import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { until } from "@agon/testing/until";

/** A real registry (Debian's docker-registry) on a loopback port. */
export class Registry {
  readonly folder = mkdtempSync(join(tmpdir(), "agon-registry-"));
  address = "";
  #child: ChildProcess | undefined;

  /** @param login user and password; without one everybody may pull and push. */
  async start(login?: { username: string; password: string }): Promise<void> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((done) => server.close(done));
    const auth: string[] = [];
    if (login) {
      // The registry takes bcrypt only; perl's crypt has it.
      const program = "print crypt($ARGV[0], '$2b$05$abcdefghijklmnopqrstuu')";
      const { stdout } = await execa("perl", ["-e", program, login.password]);
      writeFileSync(join(this.folder, "htpasswd"), `${login.username}:${stdout}\n`);
      auth.push("auth:", "  htpasswd:", "    realm: test", `    path: ${this.folder}/htpasswd`);
    }
    const config = [
      "version: 0.1",
      "log: { level: error }",
      `storage: { filesystem: { rootdirectory: ${this.folder}/data }, delete: { enabled: true } }`,
      `http: { addr: "${this.address}" }`,
      ...auth,
    ];
    writeFileSync(join(this.folder, "config.yml"), `${config.join("\n")}\n`);
    const args = ["serve", join(this.folder, "config.yml")];
    this.#child = spawn("docker-registry", args, { stdio: "ignore" });
    await until("the registry answers", async () => {
      const { status } = await fetch(`http://${this.address}/v2/`);
      return status === 200 || status === 401;
    });
  }

  /** Stores a blob as clients do (distribution specification, "Pushing blobs"). @param digest `sha256:…` */
  async putBlob(
    repository: string,
    digest: string,
    bytes: Blob | Buffer<ArrayBuffer>,
  ): Promise<void> {
    const base = `http://${this.address}/v2/${repository}`;
    const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
    const at = new URL(begun.headers.get("location")!, base);
    at.searchParams.set("digest", digest);
    const { status } = await fetch(at, { method: "PUT", body: bytes });
    if (status !== 201) throw new Error(`the registry answered ${status} to a blob`);
  }

  /** Stores a manifest under a tag, or its digest. */
  async putManifest(
    repository: string,
    reference: string,
    type: string,
    text: string,
  ): Promise<void> {
    const { status } = await fetch(
      `http://${this.address}/v2/${repository}/manifests/${reference}`,
      {
        method: "PUT",
        headers: { "content-type": type },
        body: text,
      },
    );
    if (status !== 201) throw new Error(`the registry answered ${status} to a manifest`);
  }

  /** Stores an OCI image layout as it is, blob by blob (image specification, image-layout.md). */
  async putLayout(repository: string, tag: string, layout: string): Promise<void> {
    const blob = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
    const { manifests } = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
      manifests: { mediaType: string; digest: string }[];
    };
    const { mediaType, digest } = manifests[0]!;
    const text = readFileSync(blob(digest), "utf8");
    const { config, layers } = JSON.parse(text) as Record<"config", { digest: string }> & {
      layers: { digest: string }[];
    };
    for (const one of [config, ...layers])
      await this.putBlob(repository, one.digest, await openAsBlob(blob(one.digest)));
    await this.putManifest(repository, tag, mediaType, text);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null) {
      const gone = new Promise((done) => child.once("exit", done));
      child.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
