import { dirname, join } from "node:path";
import type { MicrovmArtefacts } from "../src/microvm/artefacts.ts";
import { onComputer } from "./computer.ts";

const given = process.env["AGON_TEST_MICROVM"];
const examiner = process.env["AGON_TEST_EXAMINER_DIR"];
if (!given || !examiner)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const artefacts = JSON.parse(given) as MicrovmArtefacts;

/**
 * All that QEMU emulates, with page tables of four levels as most computers have them: with five and
 * without SVM it disagrees with Debian's kernel on which addresses there are.
 */
const PROCESSOR = "max,la57=off";

/** Everything that the computer makes is in its memory. */
const own: MicrovmArtefacts = {
  ...artefacts,
  disks: { "debian-12": artefacts.disks["debian-12"]! },
  pulled: "/run/pulled",
  templates: "/run/templates",
};
/** A line of shell that runs a program of ours there; `more` are variables. */
export const node = (file: string, more = "") =>
  `env HOME=/root NO_COLOR=1 PATH=${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
   AGON_TEST_MICROVM='${JSON.stringify(own)}' AGON_TEST_IMAGES={} AGON_TEST_EXAMINER_DIR='${examiner}' ${more} \\
   ${process.execPath} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, file)}\n`;

/**
 * Runs a script on a computer with KVM, or with a processor that can't do it.
 * @returns what programs told, one line of JSON each, and the console.
 */
export async function onKvmComputer(
  svm: boolean,
  script: string,
  memoryMiB: number,
  seconds: number,
): Promise<{ told: Record<string, unknown>[]; console: string }> {
  // QEMU emulates AMD's virtualisation, nested paging included.
  const processor = `${PROCESSOR},svm=${svm ? "on" : "off"}`;
  const { stdout, console } = await onComputer({
    artefacts,
    processor,
    memoryMiB,
    script,
    seconds,
  });
  try {
    const told = stdout.split("\n").flatMap((line) => (line ? [JSON.parse(line)] : []));
    return { told, console };
  } catch (error) {
    throw new Error(`${stdout}\n${console}`, { cause: error });
  }
}
