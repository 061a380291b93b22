import { join, relative } from "node:path";
import { Arena, ArenaError } from "./arena.ts";
import { content } from "./content/content.ts";
import { showLive } from "./content/preview.ts";
import { Dev } from "./dev.ts";
import { devTarget, type DevTarget } from "./dev-target.ts";
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
      const target = devTarget(path);
      if (target.machines)
        await new Dev(arena, target, process.env["AGON_SIGN_IN_URL"] ?? "").run();
      else await followText(target);
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

/** The loop of what has no machine: its text alone. */
async function followText({ folder, kind, word, part, lessons }: DevTarget): Promise<void> {
  console.log(`This ${word} has no machine: its page follows its text.`);
  if (lessons.length) {
    console.log("With machines, each by itself:");
    for (const lesson of lessons)
      console.log(`  ./agon dev ${relative(".", join(folder, lesson))}`);
  }
  await showLive(kind, folder, { part });
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
