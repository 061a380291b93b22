import { filesFrom } from "@agon/content/files";
import { readPlayground } from "@agon/content/manifest";
import type { Challenge, Problem } from "@agon/content/model";
import { PREFIX } from "../drafts.ts";
import { failure } from "../failure.ts";
import { isFinal } from "../fold.ts";
import { Studio, type StudioFigures } from "../studio.ts";
import { MAX_MANIFEST } from "./owned.ts";
import type { Context, Domain } from "./context.ts";
import { withRole } from "./context.ts";

const NONE: StudioFigures = {
  attempts: 0,
  people: 0,
  solvers: 0,
  medianSeconds: null,
  tasks: {},
  versions: [],
};

/** Where authors see how their content does, and make playgrounds. */
export function studioResolvers(domain: Domain) {
  const { content, drafts, plays, store } = domain;
  const studio = new Studio(store);
  /** Problems of the folder of a challenge, with paths as in it. */
  const problemsOf = (folder: string): Problem[] =>
    content.catalogue.problems
      .filter(({ file }) => folder && file.startsWith(`${folder}/`))
      .map((problem) => ({ ...problem, file: problem.file.slice(folder.length + 1) }));

  return {
    Query: {
      studio: async (_: unknown, _args: unknown, context: Context) => {
        withRole(context, "author", "operator");
        const [figures, bots] = await Promise.all([studio.figures(), studio.bots()]);
        return [...content.catalogue.challenges.values()].map((challenge) => {
          const own = figures.get(challenge.name) ?? NONE;
          return {
            ...own,
            name: challenge.name,
            title: challenge.title,
            version: challenge.version,
            problems: problemsOf(challenge.folder),
            bots: bots.get(challenge.name) ?? null,
            tasks: challenge.tasks
              .filter(({ kind }) => kind === "regular")
              .map(({ name, title, needs }) => ({
                name,
                title,
                needs,
                ...(own.tasks[name] ?? {
                  completed: 0,
                  failed: 0,
                  stoppedHere: 0,
                  medianSeconds: null,
                }),
              })),
          };
        });
      },
      drafts: async (_: unknown, _args: unknown, context: Context) => {
        const viewer = withRole(context, "author", "operator");
        return Promise.all(
          (await drafts.of(viewer.id)).map(async (draft) => {
            const play = await plays.active(viewer.id, PREFIX + draft.name);
            return {
              ...draft,
              play: play && !isFinal(play.view.state) ? play._id : null,
            };
          }),
        );
      },
      contentVersion: async (
        _: unknown,
        args: { name: string; version: string },
        context: Context,
      ) => {
        withRole(context, "author", "operator");
        const challenge = await content.version(args.version, args.name);
        if (!challenge || challenge.name !== args.name || challenge.name.startsWith(PREFIX))
          throw failure("NOT_FOUND", "There is no such version.", "Choose one of the list.");
        return asText(challenge);
      },
      checkPlayground: (_: unknown, args: { manifest: string }, context: Context) => {
        const viewer = withRole(context, "author", "operator");
        if (args.manifest.length > MAX_MANIFEST)
          throw failure(
            "LIMIT",
            "The manifest is too long.",
            `Send at most ${MAX_MANIFEST} characters.`,
          );
        const problems: Problem[] = [];
        const files = filesFrom("", new Map([["manifest.yaml", Buffer.from(args.manifest)]]));
        readPlayground(files, problems, content.playgroundsFor(viewer));
        return problems.slice(0, 100).map((one) => ({ ...one, file: one.file.replace(/^\//, "") }));
      },
    },
    Mutation: {
      removeDraft: async (_: unknown, args: { name: string }, context: Context) => {
        const viewer = withRole(context, "author", "operator");
        await drafts.remove(viewer.id, args.name);
        return true;
      },
    },
  };
}

/** A version as text, part by part, so that two of them can be compared line by line. */
function asText(challenge: Challenge): string {
  const { title, description, difficulty, categories, tags, body, hints, tasks, playground } =
    challenge;
  const parts = [
    `title: ${title}`,
    `description: ${description}`,
    `difficulty: ${difficulty}`,
    `categories: ${categories.join(", ")}`,
    `tags: ${tags.join(", ")}`,
    "",
    ...playground.machines.map(
      (machine) =>
        `machine ${machine.name}: ${machine.image}, ${machine.cpuCount} CPU, ${machine.memoryBytes >> 20} MiB`,
    ),
  ];
  for (const {
    name,
    kind,
    machine,
    user,
    needs,
    env,
    run,
    failcheck,
    hintcheck,
    timeoutSeconds,
  } of tasks) {
    parts.push(
      "",
      `task ${name} (${kind}) on ${machine}`,
      `  needs: ${needs.join(", ")}`,
      `  user: ${user || "root"}, timeout: ${timeoutSeconds} s`,
      ...env.map((one) => `  env: ${one}`),
    );
    for (const [label, script] of Object.entries({ failcheck, run, hintcheck }))
      if (script)
        parts.push(
          `  ${label}:`,
          ...script
            .trimEnd()
            .split("\n")
            .map((one) => `    ${one}`),
        );
  }
  for (const hint of hints) parts.push("", `hint ${hint.title}`, ...hint.body.trim().split("\n"));
  return [...parts, "", "body", "", ...body.split("\n")].join("\n");
}
