import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./run.ts";

/** Makes the arena's own certificate authority and the certificates of api and host, once. */
export async function ensurePki(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const fresh = `${folder}.fresh`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(fresh, name);
  await must("openssl", [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "3650",
    "-subj",
    "/CN=agon",
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
  ]);
  for (const name of ["api", "host"]) {
    await must("openssl", [
      "req",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      at(`${name}.key`),
      "-out",
      at(`${name}.csr`),
    ]);
    writeFileSync(at(`${name}.ext`), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    await must("openssl", [
      "x509",
      "-req",
      "-in",
      at(`${name}.csr`),
      "-CA",
      at("ca.pem"),
      "-CAkey",
      at("ca.key"),
      "-CAcreateserial",
      "-days",
      "3650",
      "-extfile",
      at(`${name}.ext`),
      "-out",
      at(`${name}.pem`),
    ]);
  }
  renameSync(fresh, folder);
}
