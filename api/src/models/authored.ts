import type { AccessControl } from "@agon/content/model";
import type { Kind } from "@agon/content/kinds";
import type { DraftProblem } from "./play.ts";

/** A file of stored content. */
export interface AuthoredFile {
  path: string;
  sha256: string;
  /** Hex MD5 of the bytes: what a mirror compares. */
  md5: string;
  size: number;
}

/** Content that an author stored here, with who may see it. */
export interface AuthoredDoc {
  /** `<kind>/<name>`. */
  _id: string;
  kind: Kind;
  name: string;
  owner: string;
  handle: string;
  createdAt: number;
  at: number;
  /** Grows with every change of files or lists; each change compares and sets it. */
  revision: number;
  files: AuthoredFile[];
  access: AccessControl;
  /** `canList: [anyone]` is only a request; an operator lets it into the catalogue. */
  approved: boolean;
}

/** What a revision held that loaded. */
export interface AuthoredVersionDoc {
  /** `<kind>/<name>:<revision>`. */
  _id: string;
  item: string;
  revision: number;
  /** Hash of what it says, as plays keep it. */
  version: string;
  at: number;
  by: string;
  files: AuthoredFile[];
  problems: DraftProblem[];
}

/** Bytes of files, by their sha256. */
export interface AuthoredBlobDoc {
  _id: string;
  data: unknown;
  at: number;
}
