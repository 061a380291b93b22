import { generateKeyPairSync, randomBytes } from "node:crypto";

function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A key pair in OpenSSH's two files. */
export interface SshKey {
  privateKey: string;
  publicKey: string;
}

/**
 * A new ed25519 key as the two files that sshd and ssh read. Made on the host: in an emulated machine
 * ssh-keygen takes most of a second.
 * Format: PROTOCOL.key of OpenSSH, unencrypted.
 */
export function sshKey(comment: string): SshKey {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const half = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url");
  const seed = Buffer.from(privateKey.export({ format: "jwk" }).d!, "base64url");
  const open = Buffer.concat([text("ssh-ed25519"), text(half)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    open,
    text(Buffer.concat([seed, half])),
    text(comment),
  ]);
  // Padded with 1, 2, 3 … to the block size of "none".
  const padding = Buffer.from(
    Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1),
  );
  const one = Buffer.alloc(4);
  one.writeUInt32BE(1);
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    text("none"),
    text("none"),
    text(""),
    one,
    text(open),
    text(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g)!;
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `ssh-ed25519 ${open.toString("base64")} ${comment}\n`,
  };
}
