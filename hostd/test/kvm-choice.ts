import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { findAccelerator } from "../src/microvm/accelerator.ts";
import { kernelFolder, type MicrovmArtefacts } from "../src/microvm/artefacts.ts";

// Runs on a computer that kvm.test.ts makes: what hostd would choose there, asked for the first time.
const given = JSON.parse(process.env["AGON_TEST_MICROVM"]!) as MicrovmArtefacts;
rmSync(given.templates, { recursive: true, force: true });
mkdirSync(given.templates, { recursive: true });
const silent = process.env["AGON_TEST_SILENT"];
if (silent) symlinkSync(join(kernelFolder(given), "vmlinuz"), join(silent, "vmlinuz"));
const kernels = silent ? { silent } : given.kernels;
console.log(JSON.stringify(await findAccelerator({ ...given, kernels })));
