import { extname } from "node:path";
import { stringify } from "yaml";
import { mapAssets } from "./assets.ts";
import { mapImage } from "./images.ts";
import { filesOf, readNamed, type Note, type Scenario } from "./scenario.ts";
import { convertText } from "./text.ts";

/** A folder of ours made of a scenario: files by path, and what is different. */
export interface Imported {
  name: string;
  kind: "challenge" | "tutorial";
  files: Map<string, { bytes: Buffer; executable: boolean }>;
  notes: Note[];
}

type Fields = Record<string, unknown>;
const mapOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const DIFFICULTIES: Record<string, string> = {
  beginner: "easy",
  easy: "easy",
  intermediate: "medium",
  medium: "medium",
  advanced: "hard",
  hard: "hard",
};
const KNOWN_TOP = ["title", "description", "difficulty", "details", "backend", "interface"];
const KNOWN_STEP = [
  "title",
  "text",
  "verify",
  "background",
  "foreground",
  "code",
  "courseData",
  "solution",
  "answer",
];
const KNOWN_DETAILS = ["intro", "steps", "finish", "assets"];

interface Task {
  [field: string]: unknown;
}

/** What a step becomes. */
class Importer {
  readonly scenario: Scenario;
  readonly notes: Note[] = [];
  readonly tasks: Record<string, Task> = {};
  readonly startupFiles: Fields[] = [];
  readonly files: Imported["files"] = new Map();
  readonly body: string[] = [];
  readonly solutions: string[] = [];
  /** Every script, for what they tell about the machine they need. */
  scripts = "";
  #last = "";

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  tell(file: string, kind: Note["kind"], message: string): void {
    this.notes.push({ file, kind, message });
  }

  unknown(where: string, fields: Fields, known: string[]): void {
    for (const [key, value] of Object.entries(fields))
      if (!known.includes(key) && value !== "" && value !== null)
        this.tell(
          "index.json",
          "dropped",
          `${where}${key}: ${JSON.stringify(value).slice(0, 100)}`,
        );
  }

  text(path: unknown): string {
    const bytes = readNamed(this.scenario, path, this.notes);
    if (!bytes) return "";
    const file = textOf(path);
    const { text, images } = convertText(file, bytes.toString("utf8"), this.notes);
    for (const image of images) this.image(file, image);
    return text;
  }

  image(file: string, path: string): void {
    const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/") + 1) : "";
    const clean = path.replace(/^\.?\//, "");
    const candidates = [`${folder}${clean}`, clean, `assets/${clean}`, `../${clean}`];
    const missing: Note[] = [];
    for (const candidate of candidates) {
      const bytes = readNamed(this.scenario, candidate, missing);
      if (!bytes) continue;
      this.files.set(`__static__/${clean.split("/").at(-1)!}`, { bytes, executable: false });
      return;
    }
    this.tell(file, "dropped", `the picture ${path} is not there`);
  }

  /** A script as text that bash can run; one of another language is written into the machine first. */
  script(path: unknown, name: string): string {
    const bytes = readNamed(this.scenario, path, this.notes);
    if (!bytes) return "";
    const script = bytes.toString("utf8").replaceAll("\r\n", "\n");
    this.scripts += `${script}\n`;
    const shebang = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(script);
    const program = shebang?.[1]?.endsWith("/env") ? (shebang[2] ?? "") : (shebang?.[1] ?? "");
    if (!shebang || /(^|\/)(ba|da)?sh$/.test(program)) return script.replace(/^#!.*\n/, "");
    const at = `/opt/scenario/${name}${extname(textOf(path))}`;
    this.startupFiles.push({ path: at, content: script, mode: "755" });
    this.tell(textOf(path), "changed", `it is a script for ${program}; the machine must have that`);
    return at;
  }

  /** Runs once before the play is handed over. */
  init(name: string, path: unknown, needs: string[]): boolean {
    const run = this.script(path, name);
    if (!run.trim()) return false;
    this.tasks[name] = {
      init: true,
      ...(needs.length ? { needs } : {}),
      timeout_seconds: 600,
      run,
    };
    return true;
  }

  intro(fields: Fields): void {
    this.unknown("details.intro.", fields, KNOWN_STEP);
    const text = this.text(fields["text"]);
    if (text) this.body.push(text);
    const background = fields["background"] ?? fields["courseData"];
    const foreground = fields["foreground"] ?? fields["code"];
    const has = this.init("init_background", background, []);
    if (this.init("init_foreground", foreground, has ? ["init_background"] : []))
      this.tell(
        textOf(foreground),
        "changed",
        "the foreground script of the intro is an init task: nobody sees what it prints",
      );
    this.verify(fields["verify"], "the intro", "intro", "Do what the introduction asks for.");
  }

  step(fields: Fields, number: number): void {
    const title = textOf(fields["title"]) || `Step ${number}`;
    this.unknown(`details.steps[${number - 1}].`, fields, KNOWN_STEP);
    this.body.push(`## ${title}`);
    const text = this.text(fields["text"]);
    if (text) this.body.push(text);
    this.stepBackground(fields["background"] ?? fields["courseData"], number);
    const foreground = fields["foreground"] ?? fields["code"];
    const typed = this.script(foreground, `foreground_${number}`);
    if (typed.trim()) {
      const fence = "`".repeat(
        Math.max(3, ...[...typed.matchAll(/`+/g)].map(([run]) => run.length + 1)),
      );
      this.body.push(`Run this first:`, `${fence}sh\n${typed.trimEnd()}\n${fence}`);
      this.tell(
        textOf(foreground),
        "changed",
        `the foreground script of "${title}" is a code block: nothing types into the learner's terminal here`,
      );
    }
    const solution = this.text(fields["solution"] ?? fields["answer"]);
    if (solution) this.solutions.push(`## ${title}\n\n${solution}`);
    this.verify(fields["verify"], `step ${number}`, `step_${number}`, title);
  }

  stepBackground(path: unknown, number: number): void {
    const script = this.script(path, `background_${number}`);
    if (!script.trim()) return;
    const mark = `/run/scenario-background-${number}`;
    this.tasks[`helper_background_${number}`] = {
      helper: true,
      ...(this.#last ? { needs: [this.#last] } : {}),
      timeout_seconds: 3600,
      // A helper runs for ever; what it does happens once.
      run: `[ -e ${mark} ] && { sleep 600; exit; }\ntouch ${mark}\n(\n${script.trimEnd()}\n)\n`,
    };
    this.tell(
      textOf(path),
      "changed",
      this.#last
        ? `it runs once when ${this.#last} is completed, not when the learner turns the page`
        : "it runs once at the start, not when the learner turns the page",
    );
  }

  verify(path: unknown, where: string, id: string, title: string): void {
    const script = this.script(path, `verify_${id}`);
    if (!script.trim()) return;
    const name = `verify_${id}`;
    this.tasks[name] = {
      ...(this.#last ? { needs: [this.#last] } : {}),
      run: script,
      hintcheck: `echo "The check of ${where} has not passed yet."`,
    };
    this.#last = name;
    this.body.push(
      `::simple-task\n---\n:tasks: tasks\n:name: ${name}\n---\n#active\n${title}\n\n#completed\nDone: ${title}\n::`,
    );
  }

  finish(fields: Fields): void {
    this.unknown("details.finish.", fields, KNOWN_STEP);
    const text = this.text(fields["text"]);
    if (text) this.body.push("## The end", text);
    for (const key of ["background", "foreground", "verify"])
      if (fields[key] !== undefined)
        this.tell(textOf(fields[key]), "dropped", `the ${key} script of the last page`);
  }
}

function titleOf(scenario: Scenario): string {
  const title = textOf(scenario.index["title"]).trim() || scenario.name.replaceAll("-", " ");
  return title.slice(0, 120);
}

/** Makes a challenge of a scenario, or a tutorial of one that checks nothing. Nothing is left out in silence. */
export function convert(scenario: Scenario, date: string): Imported {
  const importer = new Importer(scenario);
  const { index } = scenario;
  const details = mapOf(index["details"]);
  importer.unknown("", index, KNOWN_TOP);
  importer.unknown("details.", details, KNOWN_DETAILS);
  importer.intro(mapOf(details["intro"]));
  const steps = Array.isArray(details["steps"]) ? details["steps"] : [];
  for (const [at, step] of steps.entries()) importer.step(mapOf(step), at + 1);
  importer.finish(mapOf(details["finish"]));
  importer.startupFiles.push(
    ...mapAssets(scenario, details["assets"], importer.files, importer.notes),
  );

  const verified = Object.keys(importer.tasks).some((name) => name.startsWith("verify_"));
  const kind = verified ? "challenge" : "tutorial";
  if (!verified)
    importer.tell("index.json", "changed", "no step verifies anything, so it is a tutorial");
  const backend = mapOf(index["backend"]);
  importer.unknown("backend.", backend, ["imageid"]);
  const usesDocker = /\b(docker|podman|nerdctl)\b/.test(
    importer.scripts + importer.body.join("\n"),
  );
  const image = mapImage(textOf(backend["imageid"]), usesDocker);
  importer.tell("index.json", "changed", image.note);
  const view = mapOf(index["interface"]);
  importer.unknown("interface.", view, ["layout"]);
  const layout = textOf(view["layout"]);
  const tabs = /editor|ide/.test(layout) ? [{ kind: "terminal" }, { kind: "ide" }] : [];
  if (layout && layout !== "terminal")
    importer.tell("index.json", "changed", `the layout ${layout} became tabs`);

  const title = titleOf(scenario);
  const description =
    textOf(index["description"]).trim().slice(0, 500) ||
    `Imported from the scenario ${scenario.name}.`;
  const difficulty = DIFFICULTIES[textOf(index["difficulty"]).toLowerCase()] ?? "medium";
  const front = {
    kind,
    title: title.length < 10 ? `${title}: a scenario` : title,
    description,
    categories: [
      image.playground.startsWith("k") ? "kubernetes" : usesDocker ? "containers" : "linux",
    ],
    tagz: ["killercoda"],
    ...(kind === "challenge" ? { difficulty } : {}),
    createdAt: date,
    playground:
      importer.startupFiles.length || tabs.length
        ? {
            name: image.playground,
            ...(tabs.length ? { tabs } : {}),
            ...(importer.startupFiles.length ? { startupFiles: importer.startupFiles } : {}),
          }
        : image.playground,
    ...(Object.keys(importer.tasks).length ? { tasks: importer.tasks } : {}),
  };
  const add = (path: string, text: string) =>
    importer.files.set(path, { bytes: Buffer.from(text), executable: false });
  add(
    "index.md",
    `---\n${stringify(front, { lineWidth: 0, blockQuote: "literal" })}---\n\n${importer.body.join("\n\n")}\n`,
  );
  if (importer.solutions.length) add("solution.md", `${importer.solutions.join("\n\n")}\n`);
  for (const path of filesOf(scenario))
    if (!scenario.used.has(path))
      importer.tell(path, "dropped", "nothing in index.json names this file");
  return { name: scenario.name, kind, files: importer.files, notes: importer.notes };
}
