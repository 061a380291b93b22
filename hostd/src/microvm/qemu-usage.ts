import { readdirSync, readFileSync, statSync } from "node:fs";
import type { MachineUsage } from "../driver.ts";

/** What a running QEMU uses now. @param disk file that the machine writes to. */
export function qemuUsage(pid: number, disk: string): MachineUsage {
  // Fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc(5)); the name may hold spaces.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
    memoryBytes: Number(resident ?? 0) * 1024,
    pids: readdirSync(`/proc/${pid}/task`).length,
    diskBytes: statSync(disk).blocks * 512,
  };
}
