const UBUNTU = "needs Ubuntu's packages, and images here are made of Debian's";
const KUBERNETES = "needs Kubernetes, which Debian does not package";

/** Playgrounds that content of other places names and that can't be had here, with the reason. */
const OTHERS: Record<string, string> = {
  ubuntu: UBUNTU,
  "ubuntu-20-04": UBUNTU,
  "ubuntu-22-04": UBUNTU,
  "ubuntu-24-04": UBUNTU,
  "ubuntu-26-04": UBUNTU,
  "mini-lan-ubuntu": `${UBUNTU}; mini-lan is its like`,
  "mini-lan-ubuntu-docker": `${UBUNTU}; mini-lan with the image docker is its like`,
  rockylinux: "needs Rocky Linux's packages, and images here are made of Debian's",
  almalinux: "needs AlmaLinux's packages, and images here are made of Debian's",
  fedora: "needs Fedora's packages, and images here are made of Debian's",
  centos: "needs CentOS's packages, and images here are made of Debian's",
  opensuse: "needs openSUSE's packages, and images here are made of Debian's",
  archlinux: "needs Arch's packages, and images here are made of Debian's",
  alpine: "has OpenRC in place of systemd, with which machines here begin",
  "mini-lan-alpine": "has OpenRC in place of systemd, with which machines here begin",
  k3s: KUBERNETES,
  "k3s-bare": KUBERNETES,
  "k8s-omni": KUBERNETES,
  "k8s-client-go": KUBERNETES,
  kubeadm: KUBERNETES,
  minikube: KUBERNETES,
  nerdctl: "needs nerdctl, which Debian does not package; docker and podman are its like",
  containerd: "needs nerdctl, which Debian does not package; docker and podman are its like",
  incus: "needs virtual machines inside of virtual machines",
  dagger: "needs Dagger, which Debian does not package",
};

/** What is to be told of a playground that is not installed: one of another place has a reason. */
export function notHere(name: string): string {
  const why = OTHERS[name];
  return why
    ? `playground "${name}" is not available here: it ${why}`
    : `unknown playground "${name}"`;
}
