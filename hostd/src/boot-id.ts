import { readFileSync } from "node:fs";

/** This run of the computer; another one begins with its next boot. */
export function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
