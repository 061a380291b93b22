// oxlint-disable unicorn/no-useless-spread -- an option stands beside its value
import { createHash } from "node:crypto";
import {
  createReadStream,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { buildImage } from "./images.ts";
import type { Recipe } from "./recipes.ts";
import { must } from "./run.ts";
import { step } from "./step.ts";

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(file, { highWaterMark: 2 ** 20 }))
    hash.update(part as Buffer);
  return hash.digest("hex");
}

/**
 * Writes an image as one tar that is an OCI image layout (image-spec 1.1, image-layout.md) and what
 * `docker load` takes: agon/NAME:latest, one layer, /sbin/init as its command. Equal images give
 * equal files.
 * @returns the manifest's digest.
 */
export async function exportImage(recipe: Recipe, out: string): Promise<{ digest: string }> {
  const { name, title } = recipe;
  const { rootfs } = await buildImage(recipe);
  // Beside the image: the layer is linked, not copied.
  const folder = mkdtempSync(join(dirname(dirname(rootfs)), ".export-"));
  try {
    const blobs = join(folder, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (content: object) => {
      const text = JSON.stringify(content);
      const digest = createHash("sha256").update(text).digest("hex");
      writeFileSync(join(blobs, digest), text);
      return { digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
    };
    return await step(`exporting ${name}`, async () => {
      const layer = await sha256(rootfs);
      linkSync(rootfs, join(blobs, layer));
      const config = put({
        architecture: "amd64",
        os: "linux",
        created: "1970-01-01T00:00:00Z",
        config: {
          Cmd: ["/sbin/init"],
          Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
          StopSignal: "SIGRTMIN+3",
          Labels: { "org.opencontainers.image.title": title },
        },
        rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
      });
      const manifest = put({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
        layers: [
          {
            mediaType: "application/vnd.oci.image.layer.v1.tar",
            digest: `sha256:${layer}`,
            size: statSync(rootfs).size,
          },
        ],
      });
      const json = (file: string, content: object) =>
        writeFileSync(join(folder, file), JSON.stringify(content));
      json("oci-layout", { imageLayoutVersion: "1.0.0" });
      json("index.json", {
        schemaVersion: 2,
        manifests: [
          {
            mediaType: "application/vnd.oci.image.manifest.v1+json",
            ...manifest,
            annotations: {
              "io.containerd.image.name": `agon/${name}:latest`,
              "org.opencontainers.image.ref.name": "latest",
            },
          },
        ],
      });
      const path = (digest: string) => `blobs/sha256/${digest.replace("sha256:", "")}`;
      json("manifest.json", [
        {
          Config: path(config.digest),
          RepoTags: [`agon/${name}:latest`],
          Layers: [path(layer)],
        },
      ]);
      await must("tar", [
        ...["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"],
        ...["--hard-dereference", "-C", folder, "-cf", out, "."],
      ]);
      return { digest: manifest.digest };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
