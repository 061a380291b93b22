import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readIfThere, writeWhole } from "../disk.ts";
import { shortHash } from "../names.ts";
import type { Shape } from "./qemu-line.ts";
import type { ProcessMark } from "./qemu-process.ts";

/** What a machine keeps beside its disk. */
export interface MachineRecord {
  play: string;
  machine: string;
  /** Folder of the template that it is a clone of. */
  template: string;
  shape: Shape;
  /** User of its QEMU. */
  uid: number;
  /** What its guest shows on the private channel, in hex. */
  credential: string;
  /** Its identity is its own and on its disk: from now on it boots from there. */
  renewed: boolean;
  process?: ProcessMark;
  /** The disk image, and the folder of the examiner's drive, that it was made of. */
  base?: string;
  drive?: string;
  /** Its memory lies in a file of its own. */
  armed?: boolean;
  /** It is suspended: its memory lies in its file, or in the stored state beside the devices. */
  memory?: "file" | "state";
  /** Boot of the computer in which that memory was written, where it may not be on disk: lost after it. */
  memoryBoot?: string;
  /** It is a copy: what its disk has of an identity is still the other one's. */
  copied?: boolean;
}

/** Folders of machines: each holds the machine's disk, its drives and its record. */
export class MachineRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Where a machine has its folder, whether it is there or not. */
  folderOf(play: string, machine: string): string {
    return join(this.#folder, shortHash(`${play}/${machine}`));
  }

  /** The record in a folder; undefined when its machine was never prepared. */
  read(folder: string): MachineRecord | undefined {
    const text = readIfThere(join(folder, "machine.json"));
    return text === undefined ? undefined : (JSON.parse(text) as MachineRecord);
  }

  save(folder: string, record: MachineRecord): void {
    writeWhole(join(folder, "machine.json"), JSON.stringify(record));
  }

  /** All folders, also those without a record. */
  folders(): string[] {
    return readdirSync(this.#folder).map((name) => join(this.#folder, name));
  }
}
