import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "./arena-file.ts";
import { artefact } from "./artefact.ts";
import { imageTag } from "./docker-engine.ts";
import { Fault } from "./fault.ts";
import { place, root } from "./paths.ts";
import { recipes, type Recipe } from "./recipes.ts";
import { must } from "./run.ts";

/** A root filesystem that machines are made of. */
export interface MachineImage {
  name: string;
  /** Of everything that it is made from. */
  digest: string;
  /** Tar of its files. */
  rootfs: string;
  /** Its name in Docker; undefined when it is for virtual machines only. */
  tag: string | undefined;
}

/**
 * Builds an image, once and then from the cache.
 * @param more further variables of the recipe.
 * @throws Fault with what the recipe printed.
 */
export async function buildImage(
  { name, folder, digest, backends }: Recipe,
  more: NodeJS.ProcessEnv = {},
): Promise<MachineImage> {
  const built = await artefact(`image-${name}`, digest, async (out) => {
    mkdirSync(out, { recursive: true });
    const env = { ...process.env, ...more };
    await must("sh", [join(folder, "build.sh"), join(out, "rootfs.tar")], { cwd: root, env });
  });
  const tag = backends.includes("container") ? imageTag(name, digest) : undefined;
  return { name, digest, rootfs: join(built, "rootfs.tar"), tag };
}

const askedFile = () => join(place().dir, "images.json");

/** Images that the operator of this arena asked for, besides those that every arena has. */
export function askedImages(): string[] {
  const file = askedFile();
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[]) : [];
}

/** Has the next `up` offer these images, too. */
export function askForImages(names: string[]): void {
  writeWhole(askedFile(), JSON.stringify([...new Set([...askedImages(), ...names])].sort()));
}

/** The recipes of these names. @throws Fault when there is none of a name. */
export function recipesOf(names: string[]): Recipe[] {
  const all = recipes();
  return names.map((name) => {
    const found = all.find((recipe) => recipe.name === name);
    if (!found)
      throw new Fault(
        `There is no recipe ${name}. There are: ${all.map((recipe) => recipe.name).join(", ")}`,
      );
    return found;
  });
}

/** Recipes that an arena with these backends can use: those that `up` builds, and those that it would when asked. */
function usableRecipes(
  backends: string[],
  forTests: boolean,
): { offered: Recipe[]; onDemand: Recipe[] } {
  const asked = forTests ? [] : askedImages();
  // gVisor runs what containers are made of.
  const kinds = backends.map((backend) => (backend === "gvisor" ? "container" : backend));
  const usable = recipes().filter((recipe) =>
    recipe.backends.some((backend) => kinds.includes(backend)),
  );
  const isOffered = ({ name, when }: Recipe) =>
    when === "up" || (when === "tests" && forTests) || asked.includes(name);
  return {
    offered: usable.filter(isOffered),
    onDemand: usable.filter((recipe) => !isOffered(recipe)),
  };
}

/** Builds all images that there are, the tests export each; a mirror that nobody updates will do. */
export async function buildAllImages(): Promise<void> {
  for (const recipe of recipes()) await buildImage(recipe, { AGON_STALE_MIRROR: "1" });
}

/** Builds the images that an arena with these backends offers. */
export async function machineImages(
  backends: string[],
  forTests: boolean,
): Promise<MachineImage[]> {
  const images: MachineImage[] = [];
  for (const recipe of usableRecipes(backends, forTests).offered)
    images.push(await buildImage(recipe));
  return images;
}

/** Names of images that the arena of this folder has, and of those that it has once somebody builds them. */
export function imageNames(backends: string[]): { offered: string[]; onDemand: string[] } {
  const { offered, onDemand } = usableRecipes(backends, false);
  return { offered: offered.map(({ name }) => name), onDemand: onDemand.map(({ name }) => name) };
}
