import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "./run.ts";
import type { Place } from "./paths.ts";

/** The engine that this arena uses: a given or running one, else an own one. */
export interface Engine {
  host: string;
  own: boolean;
}

const SYSTEM = "/var/run/docker.sock";

/** DOCKER_HOST when given, else the system's daemon when it answers, else an own daemon below the arena's folder. */
export async function chooseEngine(place: Place, id: string): Promise<Engine> {
  void place;
  const given = process.env["DOCKER_HOST"];
  if (given) return { host: given, own: false };
  if (existsSync(SYSTEM)) {
    const { code } = await run("docker", [
      "-H",
      `unix://${SYSTEM}`,
      "version",
      "--format",
      "{{.Server.Version}}",
    ]);
    if (code === 0) return { host: `unix://${SYSTEM}`, own: false };
  }
  return { host: `unix:///run/agon-${id}-docker/docker.sock`, own: true };
}

/** Writes the settings of an own daemon: with gVisor as a runtime when it is wanted. @returns the file. */
export function dockerSettings(place: Place, backends: string[]): string {
  const file = join(place.dir, "docker.json");
  // Networks are those of the container that holds it; the examiner dials a socket of hostd.
  const runsc = { path: "runsc", runtimeArgs: ["--network=host", "--host-uds=open"] };
  mkdirSync(place.dir, { recursive: true });
  writeFileSync(file, JSON.stringify(backends.includes("gvisor") ? { runtimes: { runsc } } : {}));
  return file;
}

/** Tag of an image whose recipe has this digest. */
export function imageTag(name: string, digest: string): string {
  return `agon/${name}:${digest}`;
}

/** Imports a root filesystem when the engine lacks the tag. */
export async function ensureImage(host: string, tag: string, tar: string): Promise<void> {
  const { code } = await run("docker", ["-H", host, "image", "inspect", tag]);
  if (code !== 0)
    await must("docker", ["-H", host, "import", "--change", 'CMD ["/sbin/init"]', tar, tag]);
}
