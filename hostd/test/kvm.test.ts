import { expect, test } from "vitest";
import { node, onKvmComputer } from "./kvm-computer.ts";

/** A kernel's folder whose guest never says that it runs. */
const SILENT = `mkdir -p /run/silent/tree/bin
cd /run/silent
cp "$(command -v busybox)" tree/bin/busybox
printf '#!/bin/busybox sh\\nbusybox sleep 9999\\n' > tree/init
chmod 755 tree/init
(cd tree && find . | busybox cpio -o -H newc 2>/dev/null | gzip -n1) > initrd.gz
`;

test("where a test boot succeeds KVM is used, and not where a guest only begins to run", async () => {
  const { told, console } = await onKvmComputer(
    true,
    `modprobe kvm_amd
     ${node("kvm-choice.ts", "AGON_KVM_PROBE_SECONDS=120")}
     ${SILENT}
     ${node("kvm-choice.ts", "AGON_KVM_PROBE_SECONDS=5 AGON_TEST_SILENT=/run/silent")}`,
    1_024,
    240,
  );
  expect(told, console).toMatchObject([
    {
      kind: "kvm",
      reason: "a test boot under KVM succeeded",
      // The computer's own processor: a snapshot fits no other one.
      cpu: expect.stringMatching(/^[0-9a-f]{16}$/),
    },
    {
      kind: "tcg",
      cpu: "max",
      reason: expect.stringMatching(/^a test boot under KVM did not finish within \d+ s$/),
    },
  ]);
}, 280_000);

test("where no processor can do it, or /dev/kvm leads nowhere, machines are emulated and it is told why", async () => {
  const { told, console } = await onKvmComputer(
    false,
    // The second time there is a device, as in containers that were given one.
    `modprobe kvm_amd
     ${node("kvm-choice.ts")}
     mknod /dev/kvm c 10 232
     ${node("kvm-choice.ts")}`,
    1_024,
    200,
  );
  expect(told, console).toMatchObject([
    { kind: "tcg", cpu: "max", reason: "there is no /dev/kvm on this computer" },
    {
      kind: "tcg",
      cpu: "max",
      reason: expect.stringMatching(/^a test boot under KVM failed: .*No such (device|file)/),
    },
  ]);
}, 240_000);
