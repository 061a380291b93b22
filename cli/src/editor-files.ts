import { basename } from "node:path";

/** What editors keep beside an open file while it is open: swap files of vim, locks and copies of Emacs. They are no part of a folder. */
export function isEditorsOwn(path: string): boolean {
  return /^(?:\..+\.sw[a-z]|4913|\.#.*|#.*#)$/.test(basename(path));
}
