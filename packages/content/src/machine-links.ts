import type { Body } from "./components.ts";
import { texts } from "./mdc.ts";
import { takeInlines } from "./mdc-inline.ts";
import type { Machine } from "./model.ts";
import { nearest } from "./nearest.ts";
import type { Source } from "./source.ts";
import { asText } from "./value.ts";

/** Inline components that lead to a machine (spec 8.5). */
const LINKS = new Set(["tab", "http-port"]);

/** Tells links of a text that lead to a machine which the play does not have: nobody could follow them. */
export function checkMachineLinks(
  source: Source,
  { nodes }: Body,
  machines: readonly Machine[],
): void {
  const names = machines.map(({ name }) => name);
  for (const { text, line } of texts(nodes))
    for (const inline of takeInlines(text, line).inlines) {
      if (inline.kind !== "component" || !LINKS.has(inline.name)) continue;
      const named = asText(inline.props["machine"]);
      if (!named || names.includes(named)) continue;
      const meant = nearest(named, names);
      // The name itself is what is wrong: it stands behind the prop's key.
      const row = source.lines[inline.line - 1] ?? "";
      const key = row.indexOf("machine=", inline.column - 1);
      const at = key < 0 ? -1 : row.indexOf(named, key + "machine=".length);
      source.problem(
        "AG092",
        { line: inline.line, column: at < 0 ? inline.column : at + 1 },
        "warning",
        `:${inline.name} leads to unknown machine "${named}"`,
        meant ? `perhaps ${meant} is meant` : `use ${names.join(", ")}`,
      );
      if (meant && at >= 0) source.fixableWord(named, meant);
    }
}
