import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { artefact, digestOf, freeRoom } from "./artefact.ts";
import { wantedBackends } from "./backends.ts";
import { gvisorTools } from "./gvisor.ts";
import { buildAllImages, machineImages, type MachineImage } from "./images.ts";
import { installPackages } from "./packages.ts";
import { microvmArtefacts } from "./microvm.ts";
import { root } from "./paths.ts";
import { must } from "./run.ts";
import { step } from "./step.ts";

/** Installs what package-lock.json says, unless that was done. */
export async function npmPackages(): Promise<void> {
  const digest = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const mark = join(root, "node_modules/.agon-lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === digest) return;
  await step("installing npm packages", async () => {
    const ci = () =>
      must("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: root });
    // What an interrupted run left can be in npm's way (ENOTEMPTY): once more from nothing.
    await ci().catch((error: unknown) => {
      if (!existsSync(join(root, "node_modules"))) throw error;
      rmSync(join(root, "node_modules"), { recursive: true, force: true, maxRetries: 5 });
      return ci();
    });
  });
  writeFileSync(mark, digest);
}

/** Installs, builds and caches everything that a start needs; touches no running service. */
export async function setUp(forTests: boolean): Promise<{
  docstore: string;
  examiner: string;
  images: MachineImage[];
  arena: string;
  /** AGON_MICROVM of hostd; empty = containers only. */
  microvm: string;
  /** AGON_GVISOR of hostd; empty = no machines under gVisor. */
  gvisor: string;
  /** The host's default first. */
  backends: string[];
}> {
  freeRoom();
  await installPackages(forTests);
  await npmPackages();
  const docstore = process.env["MONGO_URL"]
    ? ""
    : await artefact(
        "docstore",
        digestOf(root, [
          "packages/docstore/java",
          "packages/docstore/pom.xml",
          "packages/docstore/build.sh",
        ]),
        (out) => must("sh", ["packages/docstore/build.sh", out], { cwd: root }),
      );
  const examiner = await artefact(
    "examiner",
    digestOf(
      root,
      ["examiner/src", "examiner/build.ts", "examiner/package.json", "packages/protocol/src"],
      process.version,
    ),
    (out) => must(process.execPath, ["examiner/build.ts", out], { cwd: root }),
  );
  const backends = wantedBackends(forTests);
  const images = await machineImages(backends, forTests);
  if (forTests) await buildAllImages();
  const arena = await artefact(
    "arena",
    digestOf(root, ["arena", "packages/content/src", "packages/protocol/src", "package-lock.json"]),
    async (out) => {
      await must("npm", ["run", "build", "-w", "arena"], { cwd: root });
      await must("cp", ["-a", "arena/.output", out], { cwd: root });
    },
  );
  const microvm = backends.includes("microvm") ? await microvmArtefacts(examiner, images) : "";
  const gvisor = backends.includes("gvisor") ? await gvisorTools() : "";
  return { docstore, examiner, images, arena, microvm, gvisor, backends };
}

export type Built = Awaited<ReturnType<typeof setUp>>;

/** Images for containers, with their names in Docker. */
export function containerImages(built: Built): { name: string; tag: string; rootfs: string }[] {
  if (!built.backends.some((backend) => backend !== "microvm")) return [];
  return built.images.flatMap(({ name, tag, rootfs }) => (tag ? [{ name, tag, rootfs }] : []));
}

/** Names of images for containers, and their tags in Docker. */
export function imageTags(built: Built): Record<string, string> {
  return Object.fromEntries(containerImages(built).map(({ name, tag }) => [name, tag]));
}
