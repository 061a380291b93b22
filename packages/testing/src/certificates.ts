import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeAuthority, makeRequest, signRequest } from "@agon/daemon/pki";

/** Makes an authority and, for each name, a key and a certificate of it (`<name>.key`, `<name>.pem`) in a folder. */
export async function makeCertificates(folder: string, names: string[]): Promise<void> {
  await makeAuthority(folder);
  for (const name of names) {
    await makeRequest(folder, name, name);
    const csr = readFileSync(join(folder, `${name}.csr`), "utf8");
    const places = ["DNS:localhost", "IP:127.0.0.1"];
    writeFileSync(join(folder, `${name}.pem`), await signRequest(folder, csr, name, places));
  }
}
