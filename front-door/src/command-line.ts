import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { Fault } from "./fault.ts";

/** A command's words after its name. */
interface Shape {
  /** Lines of the overview, and what `--help` shows. */
  usage: string;
  /** Names of the options that are flags, and of those that take a value. */
  flags?: string[];
  values?: string[];
  /** Words beside options, at most. Not given: any number. */
  words?: number;
}

const help = (name: string, says: string) => `  ./agon ${name.padEnd(19)} ${says}`;
const more = (says: string) => `                             ${says}`;

/**
 * Commands that are checked here before anything is started for them. Rooms that parse their own
 * (`content`) are not among them.
 */
const commands: Record<string, Shape> = {
  up: {
    usage: help("up", "set up and start everything, then print where it is"),
    words: 0,
  },
  down: { usage: help("down", "stop what up started"), words: 0 },
  status: { usage: help("status [--json]", "what runs"), flags: ["json"], words: 0 },
  logs: { usage: help("logs SERVICE", "follow a service's log"), words: 1 },
  reset: {
    usage: help("reset [--yes]", "stop, and delete this arena's data"),
    flags: ["yes"],
    words: 0,
  },
  test: {
    usage: [
      help("test [--only PART]", "set up and run all tests"),
      more("--file PATTERN: of that part only the files with this in their names"),
      more("--update renews what its files compare with: pictures, golden texts"),
      more("--keep leaves the arena of the tests running"),
    ].join("\n"),
    values: ["only", "file"],
    flags: ["keep", "update"],
    words: 0,
  },
  images: {
    usage: [
      help("images [--json]", "root filesystems of machines: which there are, and which are built"),
      "  ./agon images build NAME…",
      more("build them now, and offer them from the next ./agon up on"),
      "  ./agon images export NAME OUT.tar",
      more("as an OCI image, for docker load, skopeo, or a Dockerfile's FROM"),
    ].join("\n"),
    flags: ["json"],
  },
  "bots run": {
    usage: [
      help("bots run [NAME…]", "prove that content can be solved, and not by doing nothing"),
      more("[--variant nothing|wrong|solution] [--backend NAME,…|all]"),
      more("[--patience FACTOR] [--json] [--junit FILE] [--batch NAME]"),
    ].join("\n"),
    flags: ["json", "nightly", "tied"],
    values: ["variant", "backend", "patience", "junit", "batch"],
  },
  "bots nightly": {
    usage: [
      "  ./agon bots nightly --now [NAME…] [--json]",
      more("enqueue the nightly run at once"),
    ].join("\n"),
    flags: ["now", "json"],
  },
  dev: {
    usage: help(
      "dev PATH",
      "an author's loop: a play of this folder whose page follows every save",
    ),
    words: 1,
  },
  task: {
    usage: [
      "  ./agon task ls PLAY",
      more("a play's tasks, their states and why they wait"),
      "  ./agon task show PLAY TASK",
      more("its last runs: scripts, env, exit codes, output"),
      "  ./agon task run PLAY TASK",
      more("run it once more there; its state stays as it is"),
    ].join("\n"),
    words: 3,
  },
  playground: {
    usage: [
      help("playground list [--mine] [--json]", "playgrounds of the arena, and stored ones"),
      "  ./agon playground start|end NAME",
      more("machines without a challenge; prints the play's id and its page"),
    ].join("\n"),
    flags: ["mine", "json"],
    words: 2,
  },
  hosts: {
    usage: [
      help("hosts [--json]", "computers that run machines"),
      "  ./agon hosts token|drain|resume|remove NAME [--json]",
      more("let one join; take it out for a while, back in, or for good"),
    ].join("\n"),
    flags: ["json"],
    words: 2,
  },
  users: {
    usage: [
      "  ./agon users role HANDLE learner|author|operator",
      "  ./agon users password HANDLE",
      more("a one-time link with which a user chooses a new password"),
    ].join("\n"),
    words: 3,
  },
  "bench author": {
    usage: help("bench author", "how fast an author sees what they saved [--json]"),
    flags: ["json"],
    words: 0,
  },
  "bench content": {
    usage: help("bench content", "how long hostile content keeps a loader busy [--json]"),
    flags: ["json"],
    words: 0,
  },
  "bench engine": {
    usage: help(
      "bench engine",
      "boots, restores, pool, memory, forks of microVMs [--prompts N] [--json]",
    ),
    flags: ["json"],
    values: ["prompts"],
    words: 0,
  },
  "bench live": {
    usage: help(
      "bench live",
      "how fast a file in a machine turns a node green [--plays N] [--json]",
    ),
    flags: ["json"],
    values: ["plays"],
    words: 0,
  },
  "bench search": {
    usage: help("bench search", "how fast the catalogue is searched [--items N] [--json]"),
    flags: ["json"],
    values: ["items"],
    words: 0,
  },
  "bench walls": {
    usage: help(
      "bench walls",
      "what a neighbour's bombs do to a machine's checks [--samples N] [--json]",
    ),
    flags: ["json"],
    values: ["samples"],
    words: 0,
  },
  trace: {
    usage: [
      help(
        "trace PLAY [TASK]",
        "task events through their five hops: examiner, hostd, log, frame, DOM",
      ),
      more("[--next] [--json]"),
    ].join("\n"),
    flags: ["next", "json"],
    words: 2,
  },
  "boards rebuild": {
    usage: help("boards rebuild", "make the boards anew from the log; --check only compares"),
    flags: ["check"],
    words: 0,
  },
};

/** Families of commands: the second word chooses. */
const families = new Set(
  Object.keys(commands).flatMap((name) => (name.includes(" ") ? [name.split(" ")[0]!] : [])),
);

const CONTENT = help("content [help]", "write, check, import and publish content");

/** Every command, a few lines each. */
export function overview(): string {
  const lines = Object.entries(commands).flatMap(([name, { usage }]) =>
    name === "hosts" ? [CONTENT, usage] : [usage],
  );
  return `agon: a self-hosted arena for hands-on DevOps challenges\n\n${lines.join("\n")}\n\n  ./agon COMMAND --help shows these lines of one command.\n`;
}

/**
 * Looks at a command's words before anything is started for them.
 * @returns the usage to print when that is all that was asked for, else undefined.
 * @throws Fault that names the word and what the command takes.
 */
export function checkCommandLine([first = "", ...args]: string[]): string | undefined {
  const asked = args.includes("--help") || args.includes("-h");
  let name = first;
  let rest = args;
  if (families.has(first)) {
    const family = Object.entries(commands).filter(([one]) => one.startsWith(`${first} `));
    const usage = family.map(([, shape]) => shape.usage).join("\n");
    name = `${first} ${args[0] ?? ""}`;
    rest = args.slice(1);
    if (!Object.hasOwn(commands, name)) {
      if (asked) return usage;
      throw new Fault(
        args[0] === undefined || args[0].startsWith("-")
          ? `Which of ${first}?\n\n${usage}`
          : `There is no command ${name}.\n\n${usage}`,
      );
    }
  }
  if (!Object.hasOwn(commands, name)) return undefined;
  const { usage, flags = [], values = [], words = Infinity } = commands[name]!;
  if (asked) return usage;
  const options: ParseArgsOptionsConfig = Object.fromEntries([
    ...flags.map((flag) => [flag, { type: "boolean" }]),
    ...values.map((value) => [value, { type: "string" }]),
  ]);
  const fault = (says: string) => new Fault(`${says}\n\n${usage}`);
  let positionals: string[];
  try {
    ({ positionals } = parseArgs({ args: rest, options, allowPositionals: true }));
  } catch (error) {
    // Its second sentence tells of words that begin with a dash, which no command here takes.
    throw fault(`agon ${name}: ${(error as Error).message.split(". ")[0]}.`);
  }
  if (positionals.length > words)
    throw fault(
      `agon ${name} takes ${words === 0 ? "no words" : words === 1 ? "one word" : `${words} words at most`}, not ${positionals.map((one) => JSON.stringify(one)).join(" ")}.`,
    );
  return undefined;
}
