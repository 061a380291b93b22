import { execa } from "execa";
import type { Existing } from "../machine-files.ts";

/** Files of a raw disk's ext4, read without mounting it. */
export class ImageFiles {
  readonly #disk: string;
  readonly #known = new Map<string, Promise<Existing | undefined>>();

  constructor(disk: string) {
    this.#disk = disk;
  }

  /** A file with its owner and mode; undefined when there is none. Links are not followed. */
  read(path: string): Promise<Existing | undefined> {
    const known = this.#known.get(path) ?? this.#file(path);
    // Those that every machine asks for; others are large or rare.
    if (["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/bash.bashrc"].includes(path))
      this.#known.set(path, known);
    return known;
  }

  async #file(path: string): Promise<Existing | undefined> {
    // debugfs takes its command as one text.
    if (/["\n]/.test(path)) throw new Error(`startup file: ${path} holds a quote or a line break`);
    const { stdout } = await execa("debugfs", ["-R", `stat "${path}"`, this.#disk]);
    const mode = /Type: regular\s+Mode:\s+(\d+)/.exec(stdout)?.[1];
    if (!mode) return undefined;
    const owner = /User:\s+(\d+)\s+Group:\s+(\d+)/.exec(stdout);
    return {
      content: await this.#cat(path),
      mode: Number.parseInt(mode, 8) & 0o7777,
      uid: Number(owner?.[1] ?? 0),
      gid: Number(owner?.[2] ?? 0),
    };
  }

  async #cat(path: string): Promise<Buffer> {
    const { stdout } = await execa("debugfs", ["-R", `cat "${path}"`, this.#disk], {
      encoding: "buffer",
      stripFinalNewline: false,
      maxBuffer: 64 * 2 ** 20,
    });
    return Buffer.from(stdout);
  }
}
