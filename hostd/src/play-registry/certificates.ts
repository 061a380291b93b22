// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { syncFiles } from "@agon/daemon/sync-files";
import { REGISTRY_NAME } from "./names.ts";

/** What machines trust, and what the registries of plays show them. */
export interface RegistryCertificates {
  /** PEM of the authority: the only thing of these that machines get. */
  ca: string;
  /** Name of a file in /etc/ssl/certs by which OpenSSL finds it. */
  hash: string;
  certificate: string;
  key: string;
}

const DAYS = "3650";

/**
 * The authority of a host's registries and their certificate, made once. Its key signs nothing else,
 * and leaves the folder at no time.
 */
export async function registryCertificates(folder: string): Promise<RegistryCertificates> {
  if (!existsSync(folder)) {
    const fresh = `${folder}.new`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { recursive: true, mode: 0o700 });
    const at = (name: string) => join(fresh, name);
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    await execa("openssl", [
      ...["req", "-x509", ...key, "-days", DAYS, "-subj", "/CN=Agon registries of plays"],
      ...[
        "-addext",
        "basicConstraints=critical,CA:TRUE",
        "-addext",
        "keyUsage=critical,keyCertSign",
      ],
      // Worth nothing for any other name, should its key get lost.
      ...["-addext", `nameConstraints=critical,permitted;DNS:${REGISTRY_NAME}`],
      ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
    ]);
    await execa("openssl", [
      ...["req", ...key, "-subj", `/CN=${REGISTRY_NAME}`, "-keyout", at("server.key")],
      ...["-out", at("server.csr")],
    ]);
    writeFileSync(at("server.ext"), `subjectAltName=DNS:${REGISTRY_NAME}\n`);
    await execa("openssl", [
      ...["x509", "-req", "-in", at("server.csr"), "-days", DAYS, "-CA", at("ca.pem")],
      ...["-CAkey", at("ca.key"), "-CAcreateserial", "-extfile", at("server.ext")],
      ...["-out", at("server.pem")],
    ]);
    syncFiles(fresh);
    renameSync(fresh, folder);
  }
  const ca = join(folder, "ca.pem");
  const { stdout } = await execa("openssl", ["x509", "-noout", "-subject_hash", "-in", ca]);
  return {
    ca: readFileSync(ca, "utf8"),
    hash: `${stdout.trim()}.0`,
    certificate: readFileSync(join(folder, "server.pem"), "utf8"),
    key: readFileSync(join(folder, "server.key"), "utf8"),
  };
}
