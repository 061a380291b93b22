import type Docker from "dockerode";
import { dockerSaid } from "./docker.ts";
import type { MachinePlace } from "./driver.ts";

/** Images that forked containers are made of: one for each, removed after it. */
export class ForkImages {
  readonly #docker: Docker;
  readonly #arena: string;
  readonly #host: string;
  /** Plays whose container is not created yet. */
  readonly #making = new Map<string, number>();

  constructor(docker: Docker, arena: string, host: string) {
    this.#docker = docker;
    this.#arena = arena;
    this.#host = host;
  }

  /** What a stopped container holds, as an image for a machine of another play; disposed once its container is created. */
  async of(source: Docker.Container, to: MachinePlace): Promise<{ id: string } & Disposable> {
    const { play } = to;
    const count = (by: number) => {
      const now = (this.#making.get(play) ?? 0) + by;
      if (now > 0) this.#making.set(play, now);
      else this.#making.delete(play);
    };
    count(1);
    try {
      const labels = { "agon.arena": this.#arena, "agon.host": this.#host, "agon.play": play };
      const made = (await source.commit({
        changes: Object.entries(labels)
          .map(([name, value]) => `LABEL ${name}=${value}`)
          .join("\n"),
      })) as { Id: string };
      return { id: made.Id, [Symbol.dispose]: () => count(-1) };
    } catch (error) {
      count(-1);
      throw error;
    }
  }

  /** Removes the images of plays that have no containers any more. One that a newer fork stands on goes after it. */
  async sweep(): Promise<void> {
    const label = [`agon.arena=${this.#arena}`, `agon.host=${this.#host}`];
    const images = await this.#docker.listImages({ filters: { label } });
    if (images.length === 0) return;
    const containers = await this.#docker.listContainers({ all: true, filters: { label } });
    const used = new Set(containers.map(({ Labels }) => Labels["agon.play"] ?? ""));
    // The newest first: older ones may be their parents.
    for (const { Id, Labels } of images.toSorted((a, b) => b.Created - a.Created)) {
      const play = Labels?.["agon.play"] ?? "";
      if (used.has(play) || this.#making.has(play)) continue;
      try {
        await this.#docker.getImage(Id).remove({ force: true });
      } catch (error) {
        if (!dockerSaid(error, 404, 409)) throw error;
      }
    }
  }
}
