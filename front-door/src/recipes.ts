import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "./artefact.ts";
import { root } from "./paths.ts";

/** What all recipes may use, besides their own folder. */
const SHARED = ["playgrounds/build-debian.sh", "playgrounds/busybox-image.sh"];

/** Files beside build.sh that change nothing of the image: what is told of it, and how to see what it promises. */
const BESIDE = ["recipe.json", "check.sh"];

/** How an image is made: `playgrounds/NAME/image/build.sh`, and what lies beside it. */
export interface Recipe {
  name: string;
  title: string;
  folder: string;
  /** Backends that it is for. */
  backends: string[];
  /** Built at every `up`, for the tests besides, or only when an operator asks. */
  when: "up" | "tests" | "asked";
  /** Of everything that it is made from. */
  digest: string;
}

/** All recipes of this clone. */
export function recipes(): Recipe[] {
  return readdirSync(join(root, "playgrounds"))
    .map((name) => ({ name, folder: `playgrounds/${name}/image` }))
    .filter(({ folder }) => existsSync(join(root, folder, "build.sh")))
    .map(({ name, folder }) => {
      const file = join(root, folder, "recipe.json");
      const told = existsSync(file)
        ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Recipe>)
        : {};
      return {
        name,
        folder,
        title: told.title ?? name,
        backends: told.backends ?? ["container", "microvm"],
        when: told.when ?? "up",
        digest: digestOf(root, [
          ...readdirSync(join(root, folder))
            .filter((file) => !BESIDE.includes(file))
            .sort()
            .map((file) => join(folder, file)),
          ...SHARED,
        ]),
      };
    });
}
