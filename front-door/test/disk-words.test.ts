import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "agon-disk-"))));
afterEach(() => {
  execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true });
});

/** `./agon status` of an arena that was started once, on a disk with as many GiB free. */
async function statusOn(gib: number, ...args: string[]): Promise<string> {
  // Empty, it takes no memory.
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${gib}g`, "agon-disk", folder]);
  const run = join(folder, "run");
  mkdirSync(run);
  const service = { name: "api-1", health: "tcp://127.0.0.1:9", address: "" };
  writeFileSync(join(run, "plan.json"), JSON.stringify({ services: [service] }));
  const main = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(process.execPath, [main, "status", ...args], {
    env: { ...process.env, AGON_DIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
  return out;
}

test("status says what a nearly full disk means and what to do, and nothing while there is room", async () => {
  const full = await statusOn(5);
  expect(full).toMatch(/^SERVICE.*\napi-1 +stopped/);
  expect(full).toMatch(
    new RegExp(`\n\nThe disk of ${folder} has [45]\\.\\d GiB free: below 4 GiB .*Make room: .*\n$`),
  );
  execFileSync("umount", [folder]);
  expect(await statusOn(7)).not.toContain("GiB");
});

test("status --json stays JSON on a full disk", async () => {
  expect(JSON.parse(await statusOn(5, "--json"))).toMatchObject({
    services: [{ service: "api-1", state: "stopped" }],
  });
});
