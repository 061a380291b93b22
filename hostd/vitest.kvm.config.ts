import { defineConfig } from "vitest/config";

/** A whole hostd on an emulated computer with KVM: minutes, so it is run by name (./agon test --only kvm). */
export default defineConfig({ test: { include: ["test/*.kvm.ts"], fileParallelism: false } });
