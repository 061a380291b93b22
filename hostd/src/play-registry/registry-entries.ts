import type { MachineEntry } from "../machine-files.ts";
import type { RegistryCertificates } from "./certificates.ts";
import { REGISTRY_NAME } from "./names.ts";

/** What makes a machine's programs, and its Docker, trust the registry of its play. */
export function registryEntries({ ca, hash }: RegistryCertificates): MachineEntry[] {
  return [
    // Where update-ca-certificates finds it, should somebody call that.
    { name: "usr/local/share/ca-certificates/agon-registry.crt", content: ca },
    { name: "etc/ssl/certs/ca-certificates.crt", content: ca, append: true },
    { name: `etc/ssl/certs/${hash}`, content: ca },
    // Daemons that run already have read the others.
    { name: `etc/docker/certs.d/${REGISTRY_NAME}/ca.crt`, content: ca },
  ];
}
