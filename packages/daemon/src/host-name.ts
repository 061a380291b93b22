/** What a host may be called: part of names of containers, folders and certificates. */
export const HOST_ID = /^[a-z][a-z0-9-]{0,30}$/;

/** The name that a host's certificate carries, wherever the host listens. */
export function tlsNameOf(host: string): string {
  return `${host}.hosts.agon`;
}
