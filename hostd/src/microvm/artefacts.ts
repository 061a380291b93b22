/** What `./agon up` built for microVMs; every path names its content (a digest is part of it). */
export interface MicrovmArtefacts {
  /** Name, as 6.1, to a folder with vmlinuz and initrd.gz; the first is the default. */
  kernels: Record<string, string>;
  /** Folder with examiner.sqfs and the program agon-guest. */
  drive: string;
  /** Folder with the programs memory-delta and flush. */
  tools: string;
  /** Image name to the raw disk made of it. */
  disks: Record<string, string>;
  /** Folder of disks made of pulled images; hosts and arenas of one computer may share it. */
  pulled: string;
  /** Folder of templates; hosts and arenas of one computer may share it. */
  templates: string;
}

/** The folder of a kernel; empty = the default one. */
export function kernelFolder({ kernels }: MicrovmArtefacts, name = ""): string {
  const found = name ? kernels[name] : Object.values(kernels)[0];
  if (!found) throw new Error(`there is no kernel ${name}`);
  return found;
}
