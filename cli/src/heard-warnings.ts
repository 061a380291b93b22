import type { Problem } from "@agon/content/model";

/** Warnings that an author was told and that are still true: a loop that repeats them with each save hides what is new. */
export class HeardWarnings {
  #heard = new Set<string>();

  /** Takes the problems of a save. @returns those to be told, errors always, and how many warnings stayed. */
  sort(problems: readonly Problem[]): { news: Problem[]; old: number } {
    // Lines move with every edit: a warning is the same when it says the same of the same file.
    const key = ({ file, code, message }: Problem) => `${file}\n${code}\n${message}`;
    const warnings = problems.filter(({ severity }) => severity === "warning");
    const news = problems.filter((one) => one.severity === "error" || !this.#heard.has(key(one)));
    this.#heard = new Set(warnings.map(key));
    return { news, old: problems.length - news.length };
  }
}
