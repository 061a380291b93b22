/** What a code means, for docs/problems.md, which is made from this. */
interface Meaning {
  title: string;
  /** Why it matters, and what to do. */
  text: string;
}

/**
 * Every problem that content can have. A code keeps its meaning for ever; a code that is not used any
 * more is never given to something else.
 */
export const CODES = {
  AG001: {
    title: "A folder without an index",
    text: "Content begins with an `index.md` (a playground with a `manifest.yaml`); without one the folder is not loaded.",
  },
  AG002: {
    title: "Front matter is missing or never closed",
    text: "The first line is exactly `---`, then comes YAML, then a second line that is exactly `---`. The text begins after it.",
  },
  AG003: {
    title: "Malformed YAML",
    text: "The YAML could not be read. Often a text with `: ` or `#` in it needs quotes, a list item is indented differently from its neighbours, or a key stands there twice.",
  },
  AG004: {
    title: "A file is too large",
    text: "A text has at most 2,000,000 bytes, its front matter 400,000 characters, any other file 50,000,000 bytes.",
  },
  AG005: {
    title: "YAML is nested too deep",
    text: "More than 60 levels. Content needs at most ten; usually a bracket was never closed.",
  },
  AG006: {
    title: "YAML aliases multiply",
    text: "`*name` repeats what `&name` marked. Too many of them, one inside its own anchor, or one without an anchor are refused. Write the values out.",
  },
  AG007: {
    title: "A reserved key",
    text: "`__proto__` cannot be a key. It is left out.",
  },
  AG008: {
    title: "A file cannot be read",
    text: "The file is there, and reading it failed: look at its permissions.",
  },
  AG009: {
    title: "A file is left out",
    text: "A link that leads out of the content's folder, a link to a folder, a device or socket, a folder deeper than 12 levels, or the 5,001st file.",
  },
  AG010: {
    title: "An unknown kind",
    text: "`kind` is one of challenge, tutorial, skill-path, course, training, roadmap, vendor, blog-post, shell-gym; in a course also module, lesson, unit. Below `challenges/` it is challenge, and so on.",
  },
  AG011: {
    title: "A Markdown file that nothing uses",
    text: "A `.md` file is an index, a unit, a program or a solution by its name or its `kind`. Others are left out; the origin refuses to upload them. A `.md` file in `__static__` is one of them.",
  },
  AG012: { title: "No title", text: "Every item needs a `title`." },
  AG013: {
    title: "A title of unusual length",
    text: "A title has 10 to 120 characters (a playground's 5 to 120).",
  },
  AG014: {
    title: "The description is missing or too long",
    text: "The catalogue shows `description`: one to three sentences, up to 500 characters.",
  },
  AG015: {
    title: "Difficulty is missing or unknown",
    text: "A challenge has `difficulty`, a skill path a list `difficulties`: easy, medium or hard. Without one medium is used.",
  },
  AG016: {
    title: "Categories are missing, unknown or too many",
    text: "One or two (a course up to three) of linux, networking, containers, kubernetes, programming, observability, security, ci-cd, generative-ai, cloud, iac.",
  },
  AG017: {
    title: "Tags are missing, too many, or repeat a category",
    text: "Up to five in `tagz`, with z, none of which names a category.",
  },
  AG018: {
    title: "A date is missing or unreadable",
    text: "`createdAt` and `updatedAt` are `YYYY-MM-DD`, optionally followed by `THH:MM:SS`.",
  },
  AG019: {
    title: "The cover is missing",
    text: "`cover` is a path such as `__static__/cover.png` of a file beside the index. A tutorial needs one; others may have one.",
  },
  AG020: {
    title: "A name is not usable",
    text: "Names are lowercase letters, digits and `-`: they are part of addresses.",
  },
  AG021: {
    title: "A name is used twice",
    text: "Two parts of a course have the same public name, or two folders hold content of the same kind and name. Only the first can be reached.",
  },
  AG022: {
    title: "Two public files have the same name",
    text: "Machines fetch assets from one flat address, `/__static__/NAME`, so names should be unique across all content. Within a play the file of its own content wins.",
  },
  AG023: {
    title: "Not a part",
    text: "A folder in a course that has Markdown but no index of kind module or lesson, or a part where it cannot be. It is left out.",
  },
  AG024: {
    title: "A field has the wrong type",
    text: "For example a list where a text belongs. The value is not used.",
  },
  AG028: {
    title: "Egress is wrong",
    text: "`egress` of a playground is none, open, or `{allow: [NAME, …]}` with names of hosts.",
  },
  AG029: {
    title: "Checkpoints is wrong",
    text: "`checkpoints` of a playground is true or false: whether its plays are copied after each completed task, so that a learner can go back there.",
  },
  AG030: {
    title: "An unknown playground",
    text: "No playground of that name is installed. The content stays readable, and no play of it can be started, until somebody adds the playground.",
  },
  AG031: {
    title: "A machine that the playground does not have",
    text: "Only `flexbox` takes any machines; every other playground has a closed set.",
  },
  AG032: {
    title: "The root drive of a playground cannot be replaced",
    text: "Where a machine's root drive comes from is fixed by its playground. Use `flexbox` for machines of your own.",
  },
  AG033: { title: "Too many machines, or none", text: "A play has one to five machines." },
  AG034: {
    title: "A machine name is no host name, or is used twice",
    text: "Lowercase letters, digits and `-`, a letter first. The name is the machine's host name.",
  },
  AG035: {
    title: "An unknown backend",
    text: "`backend` is microvm, container, or one of the origin's firecracker and cloud-hypervisor, which mean a microVM here. A container has no kernel and drives of its own.",
  },
  AG036: {
    title: "Resources are lowered",
    text: "More was asked than one machine gets here. The play starts with less.",
  },
  AG037: {
    title: "A drive is wrong",
    text: "One drive of a machine is mounted at `/`; each has 1 to 100 GiB, all of a play at most 240 GiB; file systems are ext2, ext3, ext4, xfs and btrfs.",
  },
  AG038: {
    title: "Not available here",
    text: "The content asks for something that this arena cannot do yet. It stays readable, and no play of it can be started.",
  },
  AG039: {
    title: "A network is wrong",
    text: "A network has a unique `name` and a `subnet` such as 172.16.0.0/24; interfaces name networks that exist and addresses inside them.",
  },
  AG040: {
    title: "A tab is wrong",
    text: "Up to ten tabs of kind terminal, ide, http-port, web-page or kexp. An http-port needs `name` and `number`, a web-page `name` and `url`; `machine` must exist.",
  },
  AG041: {
    title: "An init condition is wrong",
    text: "Each needs a `key`; a `default` must be one of its `options`.",
  },
  AG042: {
    title: "An access list is wrong or not complete",
    text: "`accessControl` has `canList`, `canRead` and `canStart`, none of them empty. Principals are owner, anyone, authenticated, nobody, instructor, github:NAME, user:ID, student:TRAINING and has-pack:NAME; any other never matches.",
  },
  AG043: {
    title: "A startup file is wrong",
    text: "It has an absolute `path` and either `content` or `source: __static__/NAME`; `mode` is octal in quotes, `owner` is user, user:group or numbers.",
  },
  AG044: {
    title: "Startup files are too large",
    text: "Startup files of a play have at most 8 MiB together, a source 4 MiB. Let an init task make what is larger.",
  },
  AG045: {
    title: "A manifest is not complete",
    text: "A manifest needs `kind: playground`, `name`, `title` and `playground:`.",
  },
  AG046: {
    title: "An archive could not be built",
    text: "A startup file with `source: __static__/NAME.tar.gz` is built from the folder `NAME/` beside the declaring file, when there is one. That folder could not be packed.",
  },
  AG047: {
    title: "A port forward or registry login is wrong",
    text: "`portForwards` have `kind` local or remote and ports from 1 to 65535; `registryAuth` is `user:password`.",
  },
  AG048: {
    title: "An init task of the playground is left out",
    text: "The content uses only some machines of its playground, and the task belongs to another one.",
  },
  AG049: {
    title: "A task among initTasks that is none",
    text: "Every task of `initTasks` needs `init: true`.",
  },
  AG050: {
    title: "A task name is not usable",
    text: "Letters, digits, `_` and `-`, a letter or `_` first. Templates can name only those without `-`.",
  },
  AG051: {
    title: "An unknown key of a task",
    text: "The key is kept and has no effect. Often it is misspelt.",
  },
  AG052: { title: "init and helper at once", text: "A task prepares once, or runs for ever." },
  AG053: { title: "A task without run", text: "Every task needs a `run` script." },
  AG054: {
    title: "A task does not say its machine",
    text: "With several machines every task needs `machine`.",
  },
  AG055: {
    title: "A task of an unknown machine",
    text: "The play has no machine of that name: it may be misspelt, or not be in the list of machines.",
  },
  AG056: { title: "A time limit that is none", text: "`timeout_seconds` is a number above 0." },
  AG057: { title: "A user that is no name", text: "`user` is the name of a user of the machine." },
  AG058: { title: "An env entry that is none", text: "`env` is a list of `NAME=value`." },
  AG059: {
    title: "A need of an unknown task",
    text: "`needs` names a task that is neither here nor among the init tasks of the playground.",
  },
  AG060: {
    title: "A need that can never be met",
    text: "Helpers never complete, and init tasks run before the others: neither can be waited for.",
  },
  AG061: {
    title: "An init task waits for another machine",
    text: "It works here; the origin may refuse it.",
  },
  AG062: {
    title: "Needs go in a circle",
    text: "None of these tasks could ever start. Implicit needs count: a regular task needs all init tasks of its machine.",
  },
  AG063: {
    title: "A template that names nothing",
    text: "`x(.needs.TASK.stdout)` needs TASK in `needs`; the attributes are stdout, stderr, exit_code, input and status.",
  },
  AG064: {
    title: "A component names no task",
    text: "The `name` of a task component must be a task of this content.",
  },
  AG065: {
    title: "A regular task that no component shows",
    text: "Learners see a task where its component stands in the text. Without one they are never told what is checked.",
  },
  AG066: {
    title: "A challenge without a regular task",
    text: "It would be complete at its start.",
  },
  AG067: {
    title: "An undeclared init condition",
    text: "`conditions` of a task name a key that the playground's `initConditions` do not declare.",
  },
  AG068: {
    title: "No task names a machine, and there are several",
    text: "An old spelling: each task runs on every machine.",
  },
  AG069: { title: "Too many tasks", text: "Content has at most 500 tasks." },
  AG070: {
    title: "A script is no bash",
    text: "`bash -n` refuses it: look for a quote, `fi`, `done` or here-document that is never closed.",
  },
  AG071: {
    title: "A check that explains nothing",
    text: "The task has no `hintcheck`, and its `run` prints nothing: whoever does not pass it is never told why, and neither are you.",
  },
  AG072: {
    title: "A solution that never waits for a task",
    text: "Checks look about every second. Without `examinerctl task wait NAME` a solution may go on, or end, before a check saw what it did.",
  },
  AG073: {
    title: "A solution talks to a machine that it cannot reach",
    text: "`# session: USER@MACHINE` names a machine that the play does not have, or one with `noSSH`; or a solution waits for a task that is none.",
  },
  AG074: {
    title: "A play variable is wrong",
    text: "Names are letters, digits and `_`; a value is a text, or a map with `shell`. Variables may not need each other in a circle.",
  },
  AG080: {
    title: "A component is never closed",
    text: "It ends at the end of the text. A bare `::` closes the innermost open component.",
  },
  AG081: {
    title: "An unknown component",
    text: "Its text is shown without a box.",
  },
  AG082: {
    title: "Props that are no YAML",
    text: "Between the two `---` lines stands a YAML map. A text with `: ` in it needs quotes.",
  },
  AG083: {
    title: "A card of nothing",
    text: "A card or grid item names an entry that the front matter does not have, such as `challenges.NAME` without `challenges: {NAME: {}}`.",
  },
  AG084: {
    title: "A public file that does not exist",
    text: "The text names `__static__/NAME`, and there is no such file beside it.",
  },
  AG085: {
    title: "A prop is missing or unknown",
    text: "The component cannot show anything without it, or does not know its value.",
  },
  AG086: {
    title: "A component at a wrong place",
    text: "A `details-box` may hold anything but another one.",
  },
  AG087: {
    title: "A close without a component, or a fence without an end",
    text: "A bare `::` where nothing is open is shown as text. A fence that is never closed makes the rest of the text code.",
  },
  AG088: {
    title: "An embed map is wrong",
    text: "`challenges:`, `tutorials:`, `courses:`, `skill-paths:`, `roadmaps:` and `playgrounds:` are maps from names to `{}`, or `{lessons: [NAME]}` for a course.",
  },
  AG089: {
    title: "A variable that is not declared",
    text: "The text shows `vars.NAME`, and `vars` of the front matter has no NAME.",
  },
  AG090: {
    title: "The base of a manifest is not here",
    text: "`base:` of a manifest names the playground that fields come from which the manifest leaves out. One that is not installed, or that you may not read, gives nothing; then the manifest must list its machines itself.",
  },
  AG091: {
    title: "A principal that never matches here",
    text: "`github:NAME` matches users who signed in with GitHub, and `has-pack:NAME` owners of a content pack; this arena has neither. The entry is kept, and lets nobody in.",
  },
  AG092: {
    title: "A link to a machine that does not exist",
    text: "`machine` of `:tab` and `:http-port` names a machine of this content's playground; a link to any other one does nothing.",
  },
  AG099: {
    title: "Too many problems",
    text: "Only the first ones of a file are told.",
  },
} as const satisfies Record<string, Meaning>;

export type Code = keyof typeof CODES;
