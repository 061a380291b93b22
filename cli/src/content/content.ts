import { Fault } from "../fault.ts";
import { importCommand } from "./import.ts";
import { lint } from "./lint.ts";
import { newContent } from "./new.ts";
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
`;

const commands: Record<string, (args: string[]) => Promise<number>> = {
  new: newContent,
  lint,
  schema,
  import: importCommand,
};

/** `agon content …`. @returns the exit code. */
export async function content(args: string[]): Promise<number> {
  const [command = "", ...rest] = args;
  if (["", "help", "--help", "-h"].includes(command)) {
    console.log(usage);
    return command === "" ? 1 : 0;
  }
  if (!Object.hasOwn(commands, command))
    throw new Fault(`There is no command content ${command}.\n\n${usage}`);
  return await commands[command]!(rest);
}
