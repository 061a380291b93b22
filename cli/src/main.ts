import { Arena, ArenaError } from "./arena.ts";
import { content } from "./content/content.ts";
import { Dev } from "./dev.ts";
import { Fault } from "./fault.ts";
import { playground } from "./playground.ts";
import { task } from "./task.ts";

/** `content …`, and `dev PATH`, `playground …` and `task …` against the arena at AGON_ENDPOINT as the owner of AGON_API_KEY. */
async function main(): Promise<number> {
  const [command, ...args] = process.argv.slice(2);
  // Most of what it does needs no arena.
  if (command === "content") return content(args);
  const arena = new Arena(process.env["AGON_ENDPOINT"] ?? "", process.env["AGON_API_KEY"] ?? "");
  switch (command) {
    case "dev": {
      const path = args.find((arg) => !arg.startsWith("-"));
      if (!path)
        throw new ArenaError("Which folder?", "BAD_INPUT", "./agon dev challenges/my-challenge");
      await new Dev(arena, path, process.env["AGON_SIGN_IN_URL"] ?? "").run();
      return 0;
    }
    case "playground":
      return playground(arena, args);
    case "task":
      return task(arena, args);
    default:
      throw new ArenaError(`There is no command ${command}`, "BAD_INPUT", "./agon help");
  }
}

/** An option that a command does not have. */
const isUsage = (error: unknown): boolean =>
  (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") ?? false;

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof ArenaError)
    console.error(`${error.message.replace(/\.$/, "")}. ${error.help}`.trim());
  else if (error instanceof Fault) console.error(error.message);
  // Its second sentence tells of words that begin with a dash, which no command takes.
  else if (isUsage(error))
    console.error(`${(error as Error).message.split(". ")[0]}. See: ./agon content help`);
  else throw error;
  process.exitCode = error instanceof Fault ? error.exitCode : 1;
}
