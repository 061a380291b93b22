import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Axe {
  run: (
    root: Document,
    options: object,
  ) => Promise<{
    violations: {
      id: string;
      impact: string;
      nodes: { html: string; failureSummary: string }[];
    }[];
  }>;
}

/** What axe holds for serious or critical, as one line each. */
export async function violations(page: Page, theme: "dark" | "light"): Promise<string[]> {
  await page.evaluate(axe);
  // Themes differ in colours alone: the other rules are asked once.
  const rules = theme === "dark" ? {} : { runOnly: ["color-contrast"] };
  return page.evaluate(async (only) => {
    const { violations: found } = await (globalThis as unknown as { axe: Axe }).axe.run(document, {
      resultTypes: ["violations"],
      ...only,
    });
    return found
      .filter((one) => one.impact === "serious" || one.impact === "critical")
      .map((one) => `${one.id}: ${one.nodes[0]!.html} ${one.nodes[0]!.failureSummary}`);
  }, rules);
}
