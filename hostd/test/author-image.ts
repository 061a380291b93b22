import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import type { Registry } from "./registry.ts";

const root = resolve(import.meta.dirname, "../..");
const engine = process.env["AGON_TEST_DOCKER_HOST"] ?? "";

/** What `docker` says to a command, in the engine of the tests. */
export const docker = async (...args: string[]): Promise<string> =>
  (await execa("docker", [...(engine ? ["-H", engine] : []), ...args])).stdout.trim();

/** What the front door says to a command. */
export const agon = async (...args: string[]): Promise<string> =>
  (await execa(join(root, "agon"), args, { cwd: root })).stdout;

/** A login at a registry. */
export interface Login {
  username: string;
  password: string;
}

/**
 * An image as an author makes it, with the tools of authors: a recipe's export, a Dockerfile FROM it,
 * a push. What it makes in Docker goes when it is disposed of.
 */
export class AuthorImage implements AsyncDisposable {
  /** A file that its Dockerfile copies, and a link to it. */
  static readonly HELLO = "from a Dockerfile\n";
  readonly #folder: string;
  readonly #tag: string;
  /** Names in Docker. */
  readonly #made = new Set<string>();

  private constructor(folder: string, tag: string) {
    this.#folder = folder;
    this.#tag = tag;
  }

  /**
   * Exports a recipe and builds a Dockerfile FROM it.
   * @param within folder for what it needs meanwhile.
   * @param through registry that the export gets to Docker through, as an OCI image in `lab/RECIPE`;
   * without one it is loaded. Docker then packs the whole image at a push, for a minute or two.
   */
  static async build(recipe: string, within: string, through?: Registry): Promise<AuthorImage> {
    const folder = mkdtempSync(join(within, `${recipe}-`));
    const image = new AuthorImage(folder, `agon-test/${recipe}`);
    const tar = join(folder, "export.tar");
    const base = through ? `${through.address}/lab/${recipe}:base` : `agon/${recipe}:latest`;
    try {
      await agon("images", "export", recipe, tar);
      image.#made.add(base);
      if (through) {
        const layout = join(folder, "layout");
        mkdirSync(layout);
        await execa("tar", ["-xf", tar, "-C", layout]);
        rmSync(tar);
        await through.putLayout(`lab/${recipe}`, "base", layout);
        rmSync(layout, { recursive: true });
        await docker("pull", "-q", base);
      } else {
        await docker("load", "-q", "-i", tar);
        rmSync(tar);
      }
      const context = join(folder, "context");
      mkdirSync(context);
      writeFileSync(
        join(context, "Dockerfile"),
        `FROM ${base}\nCOPY hello /opt/hello\nRUN useradd -m guest && chmod 600 /opt/hello && ln -s hello /opt/link\n`,
      );
      writeFileSync(join(context, "hello"), AuthorImage.HELLO);
      image.#made.add(image.#tag);
      await docker("build", "-q", "--network", "none", "-t", image.#tag, context);
      return image;
    } catch (error) {
      await image[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Puts it into a registry, as `repository`. @returns its digest there, `sha256:…`. */
  async push(registry: Registry, repository: string, login?: Login): Promise<string> {
    const name = `${registry.address}/${repository}`;
    await docker("tag", this.#tag, name);
    this.#made.add(name);
    const config = join(this.#folder, "docker");
    mkdirSync(config, { recursive: true });
    const auth = Buffer.from(`${login?.username}:${login?.password}`).toString("base64");
    const auths = login ? { [registry.address]: { auth } } : {};
    writeFileSync(join(config, "config.json"), JSON.stringify({ auths }));
    await docker("--config", config, "push", "-q", name);
    const digests = await docker("image", "inspect", name, "--format", "{{json .RepoDigests}}");
    const at = `${registry.address}/${repository.replace(/:.*/, "")}@`;
    return JSON.parse(digests)
      .find((one: string) => one.startsWith(at))
      .slice(at.length) as string;
  }

  /** Only the registries have it from now on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of [...this.#made].reverse()) await docker("rmi", name).catch(() => "");
    this.#made.clear();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
