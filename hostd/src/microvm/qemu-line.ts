// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import type { Accelerator } from "./accelerator.ts";

/** What a machine's memory holds besides its disk: a snapshot fits machines of the same shape only. */
export interface Shape {
  image: string;
  memoryMiB: number;
  cpus: number;
  interfaces: number;
  /** Name; empty = the default one. */
  kernel: string;
  /** Drives besides the root drive, in their order. */
  drives: DriveShape[];
  /** Position of the root drive among all drives. */
  rootPosition: number;
}

/** A drive as its device knows it. Its size can change after a restore, if it can be written to. */
export interface DriveShape {
  /** Bytes of a read-only drive. */
  readOnly: number | undefined;
}

/** Slots of this kind of machine, of which the console's, the entropy's and the examiner's are taken. */
const SLOTS = 24 - 3;
/** Drives of a machine at most, the root drive among them: what is behind them is named vda to vdx. */
export const MOST_DRIVES = 24;

/** Ports of a machine, by their name in the guest and their socket's name on the host. */
export const PORTS = {
  guest: "org.agon.guest",
  examiner: "org.agon.examiner",
  terminals: "org.agon.terminals",
} as const;

/** Numbers of the files that QEMU inherits. It opens no other file, so it needs access to none. */
export const FILES = {
  base: 3,
  template: 4,
  disk: 5,
  examiner: 6,
  memory: 7,
  kernel: 8,
  initrd: 9,
  state: 10,
  /** A library of ours. */
  preload: 11,
  /** The first drive besides the root drive; the others follow. */
  drives: 12,
};

/** A machine's own part of the command line. */
export interface Instance {
  /** Folder of the sockets that QEMU makes. */
  sockets: string;
  /** Names of the taps, one for each interface; none in a template, which has its cables pulled. */
  taps: string[];
  /** From the template's snapshot, by a boot, or from what was stored of this machine. */
  start: "restore" | "boot" | "resume";
  /** A machine's own: its disk lies over the template's, and files stand behind its drives; in a template nothing does. */
  drives: boolean;
  /** Memory in the file FILES.memory, shared with it: what a snapshot keeps. Else a restored one is copied on write. */
  keepMemory: boolean;
}

/** Bytes of a drive in a template, where nothing is behind it; a machine's own has its size. */
const COLD_DRIVE = 2 ** 30;
/** MiB of translated code that one QEMU keeps at most; what it does not need costs no memory. */
const TRANSLATED = 128;
/** MAC of an interface before the renewal. */
const COLD_MAC = "02:00:00:00:00:";

/**
 * QEMU's arguments. The devices and their order belong to the snapshot; a change of this function
 * makes all templates anew.
 */
export function qemuArguments(
  accelerator: Accelerator,
  shape: Shape,
  instance: Instance,
): string[] {
  const { kind, tscKhz } = accelerator;
  const kvm = kind === "kvm";
  const file = (number: number) => `/proc/self/fd/${number}`;
  const layer = (name: string, number: number, rest: object, readOnly = true) => [
    "-add-fd",
    `fd=${number},set=${number}`,
    "-blockdev",
    JSON.stringify({
      driver: "file",
      "node-name": `${name}-file`,
      filename: `/dev/fdset/${number}`,
      "read-only": readOnly,
      "auto-read-only": false,
      ...(readOnly ? { locking: "off" } : { discard: "unmap" }),
    }),
    "-blockdev",
    JSON.stringify({ "node-name": name, file: `${name}-file`, "read-only": readOnly, ...rest }),
  ];
  const fromTemplate = instance.drives;
  const disk = fromTemplate
    ? [
        ...layer("template", FILES.template, { driver: "qcow2", backing: "base" }),
        ...layer(
          "disk",
          FILES.disk,
          { driver: "qcow2", backing: "template", discard: "unmap" },
          false,
        ),
      ]
    : layer("disk", FILES.disk, { driver: "qcow2", backing: "base", discard: "unmap" }, false);
  const others = shape.drives.map(({ readOnly }, index) => {
    const name = `drive${index}`;
    return instance.drives
      ? layer(
          name,
          FILES.drives + index,
          { driver: "raw", ...(readOnly ? {} : { discard: "unmap" }) },
          readOnly !== undefined,
        )
      : [
          "-blockdev",
          JSON.stringify({
            driver: "null-co",
            "node-name": name,
            size: readOnly ?? COLD_DRIVE,
            "read-zeroes": true,
            "read-only": readOnly !== undefined,
          }),
        ];
  });
  // The guest names them in the order of their devices, and finds its root and the examiner by serial.
  const devices = shape.drives.map((_, index) => `drive=drive${index}`);
  devices.splice(shape.rootPosition, 0, "drive=disk,serial=agon-root");
  devices.push("drive=examiner,serial=agon-examiner");
  // More than fit lie on a PCI bus, all of them: their order is that of one bus then.
  const many = shape.drives.length + 1 + shape.interfaces > SLOTS;
  const memory = ["memory-backend-ram", "id=memory", `size=${shape.memoryMiB}M`];
  if (instance.start === "restore" || instance.keepMemory) {
    memory[0] = "memory-backend-file";
    memory.push(`mem-path=${file(FILES.memory)}`, `share=${instance.keepMemory ? "on" : "off"}`);
  }
  const append = [
    "console=ttyS0 reboot=t panic=-1 quiet loglevel=3 rw mitigations=off random.trust_cpu=on",
    // Of the security modules those that are a choice of the machine's owner: the others ask at each
    // call, and nobody gives them a policy.
    "net.ifnames=0 apparmor=0 lsm=landlock,yama",
    // Without these one emulated boot in ten hangs: the guest can't measure its clock. Translated
    // code is found again at its own address only: with random ones each process is translated anew,
    // some 20 MiB for one shell.
    ...(kvm
      ? []
      : [`tsc=reliable tsc_early_khz=${tscKhz} lpj=${tscKhz * 4} no_timer_check norandmaps`]),
  ];
  return [
    ...[
      "-M",
      `microvm,pit=on,pic=on,rtc=on,acpi=on,pcie=${many ? "on" : "off"},memory-backend=memory`,
    ],
    ...[
      "-accel",
      kvm ? "kvm" : `tcg,thread=multi,tb-size=${TRANSLATED}`,
      "-cpu",
      kvm ? "host" : "max",
    ],
    ...["-smp", String(shape.cpus), "-m", `${shape.memoryMiB}M`],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ...["-object", memory.join(",")],
    // Bounded: a machine may print to its console without end.
    ...["-chardev", "ringbuf,id=console,size=65536", "-serial", "chardev:console"],
    ...["-qmp", `unix:${instance.sockets}/qmp,server=on,wait=off`],
    ...["-device", "virtio-serial-device"],
    ...Object.entries(PORTS).flatMap(([name, port]) => [
      "-chardev",
      `socket,id=${name},path=${instance.sockets}/${name},server=on,wait=off`,
      "-device",
      `virtserialport,chardev=${name},name=${port}`,
    ]),
    ...layer("base", FILES.base, { driver: "raw" }),
    ...disk,
    ...layer("examiner", FILES.examiner, { driver: "raw" }),
    ...others.flat(),
    ...devices.flatMap((device) => ["-device", `virtio-blk-${many ? "pci" : "device"},${device}`]),
    ...[
      "-object",
      "rng-random,id=rng,filename=/dev/urandom",
      "-device",
      "virtio-rng-device,rng=rng",
    ],
    ...Array.from({ length: shape.interfaces }, (_, index) => {
      const tap = instance.taps[index];
      const mac = `mac=${COLD_MAC}${index.toString(16).padStart(2, "0")}`;
      return [
        ...(tap ? ["-netdev", `tap,id=net${index},ifname=${tap},script=no,downscript=no`] : []),
        ...["-device", `virtio-net-device,${tap ? `netdev=net${index},` : ""}${mac}`],
      ];
    }).flat(),
    ...["-kernel", file(FILES.kernel), "-initrd", file(FILES.initrd), "-append", append.join(" ")],
    ...(instance.start === "boot" ? [] : ["-incoming", "defer"]),
  ];
}
