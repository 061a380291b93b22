/** A command-line client that a user let in, or that waits to be. */
export interface ClientSessionDoc {
  _id: string;
  /** Hash of the secret that the client alone knows. */
  token: string;
  /** Hash of the code in the address where a user lets it in. */
  code: string;
  /** What it calls itself. */
  client: string;
  address: string;
  at: number;
  /** Empty until a user lets it in. */
  user: string;
  usedAt: number;
}
