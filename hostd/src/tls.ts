import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";

/** Mutual TLS of hostd, from a folder with ca.pem, host.key and host.pem: own certificate, and clients that the arena's authority signed. */
export function hostCredentials(pki: string): ServerCredentials {
  const pem = (name: string) => readFileSync(join(pki, name));
  return ServerCredentials.createSsl(
    pem("ca.pem"),
    [{ private_key: pem("host.key"), cert_chain: pem("host.pem") }],
    true,
  );
}
