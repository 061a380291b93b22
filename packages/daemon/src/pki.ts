// Certificates by the openssl command: Node signs none. Only built-in modules, since the front door uses
// this before npm packages are installed.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const openssl = (args: string[]) => promisify(execFile)("openssl", args, { timeout: 30_000 });
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAYS = "3650";

/** Makes an authority: `ca.key` and `ca.pem` in a folder. */
export async function makeAuthority(folder: string): Promise<void> {
  const out = ["-keyout", join(folder, "ca.key"), "-out", join(folder, "ca.pem")];
  await openssl(["req", "-x509", ...KEY, "-days", DAYS, "-subj", "/CN=agon", ...out]);
}

/** Makes a key (`<name>.key`) and a request to sign it (`<name>.csr`) in a folder. The key never leaves it. */
export async function makeRequest(folder: string, name: string, cn: string): Promise<void> {
  const out = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.csr`)];
  await openssl(["req", ...KEY, "-subj", `/CN=${cn}`, ...out]);
}

/**
 * Signs a request by the authority of a folder.
 * @param csr PEM of the request; its signature is checked, its subject replaced by `cn`.
 * @param names subject alternative names as openssl writes them: `DNS:x`, `IP:127.0.0.1`.
 * @returns PEM of the certificate.
 * @throws when the text is no request.
 */
export async function signRequest(
  authority: string,
  csr: string,
  cn: string,
  names: string[],
): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "agon-sign-"));
  try {
    const at = (name: string) => join(work, name);
    writeFileSync(at("csr"), csr);
    writeFileSync(at("ext"), `subjectAltName=${names.join(",")}\n`);
    await openssl(["req", "-in", at("csr"), "-verify", "-noout"]);
    const request = ["x509", "-req", "-in", at("csr"), "-subj", `/CN=${cn}`, "-days", DAYS];
    const signer = ["-CA", join(authority, "ca.pem"), "-CAkey", join(authority, "ca.key")];
    const serial = ["-CAserial", at("serial"), "-CAcreateserial"];
    await openssl([...request, ...signer, ...serial, "-extfile", at("ext"), "-out", at("pem")]);
    return readFileSync(at("pem"), "utf8");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
