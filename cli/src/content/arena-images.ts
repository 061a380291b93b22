import type { Playground } from "@agon/content/model";

/** Images of machines, as front-door tells them in AGON_ARENA_IMAGES; undefined = of an arena that is elsewhere. */
interface ArenaImages {
  offered: string[];
  /** Those that the arena has once `./agon images build` made them. */
  onDemand: string[];
}

function arenaImages(): ArenaImages | undefined {
  const told = process.env["AGON_ARENA_IMAGES"];
  return told ? (JSON.parse(told) as ArenaImages) : undefined;
}

/** What a playground's machines are made of, and this arena does not have. */
export function missingImages({ machines }: Playground): string[] {
  const images = arenaImages();
  if (!images) return [];
  const needed = machines.flatMap(({ image, drives = [] }) => [
    image,
    ...drives.flatMap(({ source }) => (source ? [source] : [])),
  ]);
  // Those of registries are fetched when a play starts.
  return [...new Set(needed)].filter(
    (image) => !image.includes("://") && !images.offered.includes(image),
  );
}

/** How this arena gets to start a playground whose images it lacks. */
export function howToGet({ name }: Playground, missing: string[]): string {
  const onDemand = arenaImages()?.onDemand ?? [];
  const never = missing.filter((image) => !onDemand.includes(image));
  if (never.length)
    return `This arena cannot start ${name}: none of its backends runs the image ${never.join(", ")}. AGON_BACKENDS chooses them at ./agon up.`;
  return `This arena has no image ${missing.join(", ")} yet. Before you start ${name}: ./agon images build ${missing.join(" ")}, then ./agon up.`;
}
