import { artefact, digestOf } from "./artefact.ts";
import { root } from "./paths.ts";
import { must } from "./run.ts";

/** Builds what machines under gVisor need. @returns its folder: AGON_GVISOR of hostd. */
export function gvisorTools(): Promise<string> {
  const sources = ["hostd/guest/build-gvisor.sh", "hostd/guest/gvisor-statx.c"];
  return artefact("gvisor-tools", digestOf(root, sources), (out) =>
    must("sh", ["hostd/guest/build-gvisor.sh", out], { cwd: root }),
  );
}
