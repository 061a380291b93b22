/** What an image of theirs becomes, and what is different then. */
export interface Mapped {
  playground: string;
  note: string;
}

/** Images by name (`backend.imageid`), with the playground that comes closest. */
const IMAGES: Record<string, Mapped> = {
  ubuntu: {
    playground: "debian-stable",
    note: "Ubuntu became Debian: package names and versions may differ",
  },
  "kubernetes-kubeadm-1node": {
    playground: "k3s",
    note: "a kubeadm cluster of one node became the playground k3s, with other machine names",
  },
  "kubernetes-kubeadm-2nodes": {
    playground: "k8s-omni",
    note: "a kubeadm cluster of two nodes became the playground k8s-omni, with other machine names",
  },
};

/** The playground for an image; scripts that use Docker need one that has it. */
export function mapImage(imageid: string, usesDocker: boolean): Mapped {
  const plain = imageid.replace(/-\d+GB$/i, "").replace(/-rapid$/, "");
  const known = IMAGES[plain] ?? IMAGES[plain.replace(/-?\d[\d.]*$/, "")];
  const mapped = known ?? {
    playground: "debian-stable",
    note: `the image ${imageid || "(none)"} is not known; Debian stands in for it`,
  };
  if (mapped.playground !== "debian-stable" || !usesDocker) return mapped;
  return {
    playground: "docker",
    note: `${mapped.note}; scripts use Docker, so it is one with Docker`,
  };
}
