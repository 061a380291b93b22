import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Fault } from "../src/fault.ts";
import { makePlan } from "../src/plan.ts";
import type { Built } from "../src/set-up.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agon-plan-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Settings of hostd, as `./agon up` starts it with this environment. */
function hostd(): Record<string, string> {
  const place = { dir: folder, logs: folder, run: folder, portBase: 4000 };
  const file = { id: "test", secret: "", hostToken: "", ports: {} };
  const built = { backends: ["container"], images: [], examiner: "", microvm: "", arena: "" };
  const { plan } = makePlan(
    place,
    file,
    built as unknown as Built,
    { host: "unix:///none", own: false },
    { challenges: folder, library: folder },
    undefined,
    undefined,
  );
  return plan.services.find(({ name }) => name === "hostd")!.env;
}

test("hostd trusts the authorities that the operator names, wherever it runs", () => {
  vi.stubEnv("NODE_EXTRA_CA_CERTS", "");
  expect(hostd()).not.toHaveProperty("NODE_EXTRA_CA_CERTS");
  const file = join(folder, "own.pem");
  writeFileSync(file, "");
  // As it is typed: from where the operator stands.
  vi.stubEnv("NODE_EXTRA_CA_CERTS", relative(process.cwd(), file));
  expect(hostd()["NODE_EXTRA_CA_CERTS"]).toBe(file);
});

test("a file of authorities that can't be read is refused, for Node would go on without it", () => {
  vi.stubEnv("NODE_EXTRA_CA_CERTS", join(folder, "none.pem"));
  expect(hostd).toThrow(Fault);
  expect(hostd).toThrow(`${folder}/none.pem, which can't be read`);
});
