import * as z from "zod";
import { CATEGORIES, DIFFICULTIES } from "./front-matter.ts";
import { BACKENDS } from "./machines.ts";
import { FILESYSTEMS } from "./drives.ts";
import type { Source } from "./source.ts";
import { TAB_KINDS } from "./tabs.ts";

/** Shapes of what authors write: editors get them as JSON Schema, the loader checks types by them. */

const text = (what: string) => z.string().describe(what);
/** Text that YAML may have read as a number, such as a version or a port. */
const scalar = (what: string) => z.union([z.string(), z.number(), z.boolean()]).describe(what);
/** Nothing may stand behind a key: it counts as absent. */
const maybe = <T extends z.ZodType>(type: T) => type.nullish();
const script = (what: string) => scalar(`${what} (bash)`);
/** A scalar counts as a list of one. */
const listOf = (what: string) => z.union([z.array(scalar("")), scalar("")]).describe(what);
const size = scalar("Bytes with a binary unit: 512MiB, 2GiB");
const bool = (what: string) => z.boolean().describe(what);

const condition = z.looseObject({
  key: scalar("Key of an init condition"),
  value: scalar("The answer with which this task exists"),
});

export const task = z
  .looseObject({
    run: script("The check, or what prepares: exit 0 is success; tried every second until then"),
    init: maybe(
      z
        .union([z.boolean(), z.string()])
        .describe("Prepares the play once, before it is handed over"),
    ),
    helper: maybe(
      z
        .union([z.boolean(), z.string()])
        .describe("Runs for ever in the background; counts for nothing"),
    ),
    machine: maybe(text("Where it runs; needed when there are several machines")),
    user: maybe(scalar("Whose scripts they are; root when empty")),
    needs: maybe(listOf("Tasks that must be complete before")),
    env: maybe(
      listOf("NAME=value entries; values may hold templates such as x(.needs.TASK.stdout)"),
    ),
    timeout_seconds: maybe(z.number().positive().describe("Seconds for each of its scripts; 60")),
    timeoutSeconds: maybe(z.number().positive().describe("Older spelling of timeout_seconds")),
    failcheck: maybe(script("Not 0 = the attempt has failed for good; its output is the reason")),
    hintcheck: maybe(
      script("Runs after an unsuccessful run; what it prints is the learner's hint"),
    ),
    conditions: maybe(z.array(condition).describe("All must match for the task to exist")),
    destination: maybe(text("File that gets the learner's answer; better a prop of the component")),
  })
  .describe("A task");
const tasks = z.record(z.string(), task).describe("Tasks by name");

const startupFile = z
  .looseObject({
    path: text("Absolute path; with extract the target folder"),
    content: maybe(scalar("The file's text")),
    source: maybe(text("__static__/NAME beside this file")),
    extract: maybe(bool("Unpack a tar, tar.gz or tgz source into path")),
    append: maybe(bool("Append to the file that is there")),
    owner: maybe(scalar("user, user:group or UID:GID; 0:0")),
    mode: maybe(scalar('Octal in quotes; "644"')),
    machines: maybe(z.array(z.string()).describe("Only of a play-wide file: who gets it")),
  })
  .describe("A file written before the first start");

const machine = z.looseObject({
  name: text("Host name"),
  users: maybe(
    z
      .array(
        z.looseObject({
          name: text("A user of the image"),
          default: maybe(bool("Whom a terminal logs in as")),
          welcome: maybe(scalar("Login banner; - for none")),
        }),
      )
      .describe("Who may log in; the first is the default unless one is flagged"),
  ),
  backend: maybe(z.enum(BACKENDS).describe("Where it runs; the host's default when missing")),
  kernel: maybe(
    z.union([z.looseObject({ source: maybe(scalar("6.1")) }), scalar("")]).describe("Kernel line"),
  ),
  drives: maybe(
    z
      .array(
        z.looseObject({
          source: maybe(text("Root filesystem image, or oci://…")),
          mount: maybe(text("Exactly one drive has /")),
          size: maybe(size),
          filesystem: maybe(z.enum(FILESYSTEMS).or(z.literal(""))),
          readOnly: maybe(z.boolean()),
        }),
      )
      .max(24)
      .describe("Drives in the order of their device names"),
  ),
  network: maybe(
    z.looseObject({
      interfaces: maybe(
        z.array(
          z.looseObject({
            network: maybe(text("Name of a network")),
            address: maybe(text("IPv4, with or without mask; the next free one when missing")),
          }),
        ),
      ),
    }),
  ),
  resources: maybe(z.looseObject({ cpuCount: maybe(z.number().positive()), ramSize: maybe(size) })),
  startupFiles: maybe(z.array(startupFile)),
  noSSH: maybe(bool("Learners get no terminal on it")),
});

const tab = z.looseObject({
  kind: maybe(z.enum(TAB_KINDS)),
  id: maybe(z.string()),
  name: maybe(scalar("Label")),
  machine: maybe(z.string()),
  number: maybe(z.union([z.number(), z.string()]).describe("Port of an http-port")),
  tls: maybe(z.boolean()),
  hostRewrite: maybe(z.string()),
  pathRewrite: maybe(z.string()),
  access: maybe(z.enum(["private", "public"])),
  url: maybe(z.string()),
  pane: maybe(z.enum(["left", "right"])),
  target: maybe(z.enum(["pane", "window"])),
});

const principals = z
  .union([z.array(z.string()), z.string()])
  .describe("owner, anyone, authenticated, nobody, github:NAME, user:ID, student:TRAINING …");

const spec = {
  machines: maybe(z.array(machine).describe("Exactly these exist in the play")),
  networks: maybe(
    z.array(
      z.looseObject({
        name: text("Host name"),
        subnet: text("IPv4 subnet such as 172.16.0.0/24"),
        gateway: maybe(text("IPv4 without mask; the first address when missing")),
        private: maybe(bool("No way out through it")),
      }),
    ),
  ),
  egress: maybe(
    z
      .union([z.enum(["none", "open"]), z.looseObject({ allow: listOf("Names of hosts") })])
      .describe("Where machines may connect to outside of their play"),
  ),
  checkpoints: maybe(bool("Its plays can be copied while they run, and are after each task")),
  tabs: maybe(z.array(tab).describe("Up to ten; computed when missing")),
  startupFiles: maybe(z.array(startupFile).describe("Play-wide, up to 20")),
  initTasks: maybe(tasks),
  initConditions: maybe(
    z.looseObject({
      values: maybe(
        z.array(
          z.looseObject({
            key: scalar("Free text"),
            default: maybe(scalar("The answer when nobody is asked")),
            options: maybe(z.array(scalar(""))),
            nullable: maybe(z.boolean()),
            placeholder: maybe(scalar("")),
            validationRegex: maybe(z.string()),
          }),
        ),
      ),
    }),
  ),
  registryAuth: maybe(text("user:password")),
  portForwards: maybe(z.array(z.looseObject({ kind: maybe(z.enum(["local", "remote"])) }))),
};

const block = z
  .union([
    z.string().describe("Name of a playground"),
    z.looseObject({ name: text("Name of a playground; flexbox is the blank one"), ...spec }),
  ])
  .describe("The machines");

const embeds = z
  .record(
    z.string(),
    z
      .looseObject({ lessons: maybe(listOf("Lessons of a course: LESSON or MODULE/LESSON")) })
      .nullish(),
  )
  .describe("Content that cards of the text may show, by name");

const vars = z
  .record(
    z.string(),
    z.union([
      scalar("Text, with x(.tasks.TASK.stdout) and x(.vars.NAME) in it"),
      z.looseObject({ shell: script("Prints the value"), machine: maybe(z.string()) }),
    ]),
  )
  .describe("Play variables");

const date = scalar("YYYY-MM-DD, optionally THH:MM:SS behind it");
const difficulty = z.enum(DIFFICULTIES);
const categories = z
  .union([z.array(z.string()), z.string()])
  .describe(`One or two of ${CATEGORIES.join(", ")}`);

const common = {
  title: maybe(scalar("10 to 120 characters")),
  description: maybe(scalar("One to three sentences, up to 500 characters")),
  categories: maybe(categories),
  tagz: maybe(z.union([z.array(scalar("")), scalar("")]).describe("Up to five words, with z")),
  createdAt: maybe(date),
  updatedAt: maybe(date),
  cover: maybe(text("__static__/NAME")),
  name: maybe(scalar("Of a part: its public name")),
  slug: maybe(scalar("Of a part: wins over name")),
  playground: maybe(block),
  tasks: maybe(tasks),
  vars: maybe(vars),
  challenges: maybe(embeds),
  tutorials: maybe(embeds),
  courses: maybe(embeds),
  "skill-paths": maybe(embeds),
  roadmaps: maybe(embeds),
  playgrounds: maybe(embeds),
};

export const frontMatter = z
  .looseObject({
    kind: z
      .enum([
        "challenge",
        "tutorial",
        "skill-path",
        "course",
        "training",
        "roadmap",
        "vendor",
        "blog-post",
        "shell-gym",
        "module",
        "lesson",
        "unit",
      ])
      .describe("What this file is"),
    ...common,
    difficulty: maybe(difficulty),
    difficulties: maybe(z.array(difficulty)),
  })
  .describe("Front matter of content");

export const manifest = z
  .looseObject({
    kind: z.literal("playground"),
    name: text("Host name"),
    base: maybe(text("The playground that it is derived from: what is left out comes from it")),
    title: text("5 to 120 characters"),
    description: maybe(scalar("Up to 500 characters")),
    categories: maybe(categories),
    markdown: maybe(text("Landing page")),
    cover: maybe(text("__static__/NAME or an address")),
    playground: maybe(
      z.looseObject({
        ...spec,
        accessControl: maybe(
          z.looseObject({
            canList: maybe(principals),
            canRead: maybe(principals),
            canStart: maybe(principals),
          }),
        ),
        access: maybe(z.looseObject({ mode: maybe(z.enum(["private", "public"])) })),
      }),
    ),
  })
  .describe("Manifest of a playground");

/** JSON Schema of front matter or of manifests, for editors. */
export function jsonSchema(of: "front-matter" | "manifest"): object {
  const schema = z.toJSONSchema(of === "manifest" ? manifest : frontMatter, {
    target: "draft-7",
    io: "input",
  });
  return { $id: `https://agon.invalid/schema/${of}.json`, ...schema };
}

/** Problems of types that other rules have no word for; told where no other rule has found something. */
export function checkShape(source: Source, of: "front-matter" | "manifest"): void {
  // Errors are put right first; their values would only be told twice.
  if (source.failed || Object.keys(source.data).length === 0) return;
  const { error } = (of === "manifest" ? manifest : frontMatter).safeParse(source.data);
  const told = new Set(source.problems.map(({ line }) => line));
  let count = 0;
  for (const issue of error?.issues ?? []) {
    const path = issue.path.filter((one) => typeof one !== "symbol");
    // Other rules know what is missing, and which words there are.
    if (issue.code !== "invalid_type" && issue.code !== "invalid_union") continue;
    if (path.length === 0 || valueAt(source.data, path) === undefined || ++count > MAX_ISSUES)
      continue;
    const place = source.place(path);
    if (told.has(place.line)) continue;
    told.add(place.line);
    source.problem(
      "AG024",
      place,
      "warning",
      `${path.join(".")} has the wrong type`,
      `write ${expected(issue)}`,
    );
  }
}

const MAX_ISSUES = 50;

function valueAt(data: unknown, path: (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    data,
  );
}

function expected(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type")
    return (
      { array: "a list", record: "a map", object: "a map", string: "text" }[
        issue.expected as string
      ] ?? `a ${issue.expected}`
    );
  if (issue.code === "invalid_union") {
    const kinds = issue.errors.flatMap((errors) => errors.slice(0, 1).map(expected));
    return [...new Set(kinds.map((kind) => kind.replace(/^write /, "")))].join(" or ");
  }
  return "another value";
}
