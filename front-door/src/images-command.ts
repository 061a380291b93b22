import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Fault } from "./fault.ts";
import { askedImages, askForImages, buildImage, recipesOf } from "./images.ts";
import { exportImage } from "./image-export.ts";
import { installPackages } from "./packages.ts";
import { cache } from "./paths.ts";
import { recipes } from "./recipes.ts";
import { table } from "./table.ts";

const usage = `agon images: root filesystems that machines are made of

  ./agon images [--json]                   which there are, and which are built
  ./agon images build NAME…                build them now, and offer them from the next ./agon up on
  ./agon images export NAME OUT.tar        as an OCI image, for docker load, skopeo, or a Dockerfile's FROM
`;

function list(json: boolean): void {
  const asked = askedImages();
  const rows = recipes().map(({ name, title, backends, when, digest }) => {
    const rootfs = join(cache, `image-${name}`, digest, "rootfs.tar");
    const built = existsSync(rootfs);
    return {
      name,
      title,
      backends,
      offered: when === "up" || asked.includes(name),
      built,
      mebibytes: built ? Math.round(statSync(rootfs).size / 2 ** 20) : null,
    };
  });
  if (json) return console.log(JSON.stringify({ images: rows }));
  console.log(
    table([
      ["NAME", "TITLE", "BACKENDS", "OFFERED", "BUILT"],
      ...rows.map(({ name, title, backends, offered, mebibytes }) => [
        name,
        title,
        backends.join(", "),
        offered ? "yes" : "on demand",
        mebibytes === null ? "-" : `${mebibytes} MiB`,
      ]),
    ]),
  );
}

/** `./agon images …` */
export async function images(args: string[]): Promise<number> {
  const [verb, ...names] = args.filter((arg) => arg !== "--json");
  switch (verb) {
    case undefined:
    case "list":
      list(args.includes("--json"));
      return 0;
    case "build": {
      if (names.length === 0) throw new Fault(usage);
      const wanted = recipesOf(names);
      await installPackages(false);
      for (const recipe of wanted) console.log((await buildImage(recipe)).rootfs);
      askForImages(names);
      console.log("Offered from the next ./agon up on.");
      return 0;
    }
    case "export": {
      const [name, out] = names;
      if (!name || !out) throw new Fault(usage);
      const [recipe] = recipesOf([name]);
      await installPackages(false);
      const { digest } = await exportImage(recipe!, resolve(out));
      console.log(`agon/${name}:latest ${digest}`);
      return 0;
    }
    default:
      throw new Fault(usage);
  }
}
