import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { microvmWords } from "../src/microvm-state.ts";

test("the accelerator is told with its reason, then each template", () => {
  const waiting = {
    name: "debian-12-512",
    state: "ready",
    makingSeconds: 0,
    poolTarget: 2,
    poolReady: 1,
    poolWarming: 1,
    poolAsked: 3,
    poolHits: 2,
  };
  expect(
    microvmWords({
      kind: "kvm",
      reason: "a test boot under KVM succeeded",
      templates: [waiting, { ...waiting, name: "docker-1024", state: "making", makingSeconds: 7 }],
    }),
  ).toBe(
    [
      "microVMs run under KVM: a test boot under KVM succeeded",
      "  template debian-12-512: ready, 1 of 2 machines wait, 1 warming, 2 of 3 asked for came from there",
      "  template docker-1024: in the making for 7 s",
    ].join("\n"),
  );
});

test("before the first template there is the accelerator alone", () => {
  const reason = "a test boot under KVM did not finish within 10 s";
  expect(microvmWords({ kind: "tcg", reason })).toBe(`microVMs run under TCG: ${reason}`);
});

test("status tells what hostd chose and why, as words and as JSON", () => {
  const folder = mkdtempSync(join(tmpdir(), "agon-status-"));
  try {
    for (const name of ["run", "hostd"]) mkdirSync(join(folder, name));
    const service = { name: "hostd", health: "tcp://127.0.0.1:9", address: "" };
    writeFileSync(join(folder, "run/plan.json"), JSON.stringify({ services: [service] }));
    const told = { kind: "tcg", reason: "there is no /dev/kvm on this computer", templates: [] };
    writeFileSync(join(folder, "hostd/microvm.json"), JSON.stringify(told));
    const main = join(import.meta.dirname, "../src/main.ts");
    const status = (...args: string[]) =>
      execFileSync(process.execPath, [main, "status", ...args], {
        env: { ...process.env, AGON_DIR: folder },
        encoding: "utf8",
      });
    expect(status()).toContain(`\n\nmicroVMs run under TCG: ${told.reason}`);
    expect(JSON.parse(status("--json"))).toMatchObject({ microvm: told });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
