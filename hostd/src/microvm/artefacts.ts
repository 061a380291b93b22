import type { Shape } from "./qemu-line.ts";

/** What `./agon up` built for microVMs; every path names its content (a digest is part of it). */
export interface MicrovmArtefacts {
  /** Folder with vmlinuz and initrd.gz. */
  kernel: string;
  /** Folder with examiner.sqfs and the program agon-guest. */
  drive: string;
  /** Image name to the raw disk made of it. */
  disks: Record<string, string>;
  /** Folder of templates; hosts and arenas of one computer may share it. */
  templates: string;
  /** Shapes whose templates are made at the start, not with the first play. */
  warm: Shape[];
}
