import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

// Only root can become somebody else.
test.skipIf(process.getuid?.() !== 0)(
  "without root and with packages missing, up prints the exact command and changes nothing",
  () => {
    // A copy that nobody may read, and Node from wherever it is: the rights are given away after its start.
    const copy = mkdtempSync(join(tmpdir(), "agon-nobody-"));
    try {
      for (const folder of ["front-door/src", "packages/daemon/src"])
        cpSync(join(root, folder), join(copy, folder), { recursive: true });
      mkdirSync(join(copy, "arena"));
      chmodSync(copy, 0o755);
      chmodSync(join(copy, "arena"), 0o777);
      writeFileSync(
        join(copy, "nobody.mjs"),
        "process.setgroups([]); process.setgid(65534); process.setuid(65534); await import('./front-door/src/main.ts');",
      );
      const { status, stderr } = spawnSync(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", join(copy, "nobody.mjs"), "up"],
        {
          encoding: "utf8",
          env: { PATH: join(copy, "no-commands"), HOME: copy, AGON_DIR: join(copy, "arena") },
        },
      );
      expect(stderr).toMatch(/^These packages are missing: .*redis-server/m);
      expect(stderr).toMatch(
        /^Run: sudo apt-get install --yes --no-install-recommends .*redis-server/m,
      );
      expect(status).toBe(1);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  },
);
