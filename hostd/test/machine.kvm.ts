import { expect, test } from "vitest";
import { node, onKvmComputer } from "./kvm-computer.ts";

test("on a computer with KVM a machine boots once, is restored, and goes on from its memory", async () => {
  const script = `modprobe -a kvm_amd tun; ${node("kvm-machine.ts")}`;
  const { told, console } = await onKvmComputer(true, script, 3_072, 500);
  const logs = told.flatMap(({ log }) => (log ? [log as Record<string, unknown>] : []));
  const seen = Object.assign({}, ...told) as Record<string, unknown>;
  const reason = "a test boot under KVM succeeded";
  expect(seen, console).toMatchObject({
    capacity: { accelerator: "kvm", acceleratorReason: reason },
    status: expect.stringContaining(`\nmicroVMs run under KVM: ${reason}`),
    state: { kind: "kvm", reason, cpu: expect.stringMatching(/^[0-9a-f]{16}$/) },
    // The memory of its template, which others read.
    rights: [0],
    exec: { code: 0, stdout: "kvm\none\n" },
    task: 40,
    resumed: { code: 0, stdout: "sleep\n" },
  });
  const line = (seen["line"] as string[]).join(" ");
  expect(line).toContain("-accel kvm -cpu host");
  expect(line).not.toContain("tsc_early_khz");
  expect(logs.filter(({ msg }) => msg === "template made")).toHaveLength(1);
  expect(logs.flatMap(({ msg, kind }) => (msg === "microVM started" ? [kind] : []))).toEqual([
    "restore",
    "resume",
  ]);
}, 540_000);
