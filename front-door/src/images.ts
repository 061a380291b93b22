import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { artefact, digestOf } from "./artefact.ts";
import { imageTag } from "./docker-engine.ts";
import { root } from "./paths.ts";
import { must } from "./run.ts";

/** What all recipes may use, besides their own folder. */
const SHARED = "playgrounds/build-debian.sh";

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

/** Recipes `playgrounds/NAME/image/build.sh`, with the backends that they are for. */
function recipes(): { name: string; folder: string; backends: string[] }[] {
  return readdirSync(join(root, "playgrounds"))
    .map((name) => ({ name, folder: `playgrounds/${name}/image` }))
    .filter(({ folder }) => existsSync(join(root, folder, "build.sh")))
    .map((recipe) => {
      const file = join(root, recipe.folder, "recipe.json");
      const { backends = ["container", "microvm"] } = existsSync(file)
        ? (JSON.parse(readFileSync(file, "utf8")) as { backends?: string[] })
        : {};
      return { ...recipe, backends };
    });
}

/**
 * Builds the images of all recipes for these backends, each once and then from the cache.
 * @throws Error with what the recipe printed.
 */
export async function machineImages(backends: string[]): Promise<MachineImage[]> {
  const images: MachineImage[] = [];
  for (const recipe of recipes()) {
    const { name, folder } = recipe;
    // gVisor runs what containers are made of.
    const kinds = backends.map((backend) => (backend === "gvisor" ? "container" : backend));
    if (!recipe.backends.some((backend) => kinds.includes(backend))) continue;
    const digest = digestOf(root, [folder, SHARED]);
    const built = await artefact(`image-${name}`, digest, async (out) => {
      mkdirSync(out, { recursive: true });
      await must("sh", [join(folder, "build.sh"), join(out, "rootfs.tar")], { cwd: root });
    });
    const tag = recipe.backends.includes("container") ? imageTag(name, digest) : undefined;
    images.push({ name, digest, rootfs: join(built, "rootfs.tar"), tag });
  }
  return images;
}
