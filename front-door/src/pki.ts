import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// By path: this runs before npm packages are installed.
import { makeAuthority, makeRequest, signRequest } from "../../packages/daemon/src/pki.ts";
import { syncFiles } from "../../packages/daemon/src/sync-files.ts";

/** Makes the arena's own certificate authority and the certificate of api, once. Hosts get theirs when they join. */
export async function ensurePki(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const fresh = `${folder}.fresh`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  await makeAuthority(fresh);
  await makeRequest(fresh, "api", "api");
  const csr = readFileSync(join(fresh, "api.csr"), "utf8");
  writeFileSync(join(fresh, "api.pem"), await signRequest(fresh, csr, "api", ["DNS:api"]));
  syncFiles(fresh);
  renameSync(fresh, folder);
}
