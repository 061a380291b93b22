import type { Machine } from "./model.ts";

/** The backend that a machine needs; empty = any. Only virtual ones have drives and kernels of their own. */
export function backendOf({ backend, drives, kernel }: Machine): string {
  return backend || (drives?.length || kernel ? "microvm" : "");
}
