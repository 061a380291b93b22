import { Fault } from "../fault.ts";
import { importCommand } from "./import.ts";
import { lint } from "./lint.ts";
import { access, list, pull, push, remove } from "./mirror.ts";
import { newContent } from "./new.ts";
import { preview } from "./preview.ts";
import { schema } from "./schema.ts";

export const usage = `agon content: write, check and publish content

  ./agon content new KIND NAME [--title TEXT] [--playground NAME] [--dir DIR]
                             a folder that passes lint, and its own solution; asks on a terminal
  ./agon content lint [PATH…] [--json] [--fix]
                             everything that is wrong, with place and what would be right
  ./agon content schema [front-matter|manifest] [--out DIR]
                             JSON Schema for editors
  ./agon content import killercoda PATH [--dir DIR] [--json]
                             a scenario, or a tree of them, as challenges

  In the arena, for authors (AGON_API_KEY, or this arena's operator):
  ./agon content preview PATH
                             the page of a folder, without a machine, following each save
  ./agon content push KIND NAME [--dir DIR] [--force] [--file PATH]
                             the arena's files become those of the folder; new content is private
  ./agon content pull KIND NAME [--dir DIR] [--force]
  ./agon content list [KIND] [--json]
  ./agon content remove KIND NAME [--force]
  ./agon content access KIND NAME [canRead=anyone,github:NAME …] [--approve|--withdraw]
                             who may list, read and start it; an operator lets it into the catalogue
`;

const commands: Record<string, (args: string[]) => Promise<number>> = {
  new: newContent,
  lint,
  schema,
  import: importCommand,
  push,
  pull,
  list,
  remove,
  access,
  preview,
};

/** `agon content …`. @returns the exit code. */
export async function content(args: string[]): Promise<number> {
  const [command = "", ...rest] = args;
  if (["", "help"].includes(command) || args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return command === "" ? 1 : 0;
  }
  if (!Object.hasOwn(commands, command))
    throw new Fault(`There is no command content ${command}.\n\n${usage}`);
  return await commands[command]!(rest);
}
