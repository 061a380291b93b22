import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { MicrovmArtefacts } from "../src/microvm/artefacts.ts";

/**
 * What the tests' set-up built, but with caches of its own: templates and disks of pulled images in
 * this folder, where what a test makes goes with it and nothing is there already.
 */
export function ownCaches(given: string, folder: string): MicrovmArtefacts {
  const artefacts = JSON.parse(given) as MicrovmArtefacts;
  const [templates, pulled] = [join(folder, "templates"), join(folder, "pulled")];
  mkdirSync(templates);
  // Tested once a boot of this computer.
  const accelerator = join(artefacts.templates, "accelerator.json");
  if (existsSync(accelerator)) copyFileSync(accelerator, join(templates, "accelerator.json"));
  return { ...artefacts, templates, pulled };
}
