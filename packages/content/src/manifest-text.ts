import { parseDocument, stringify } from "yaml";
import { OF_PLAYGROUNDS, type AccessControl } from "./model.ts";

/** A manifest's text from its data, in the order given; what is empty is left out. */
export function writeManifest(data: Record<string, unknown>): string {
  return stringify(data, {
    lineWidth: 0,
    // Scripts as people write them.
    blockQuote: "literal",
    keepUndefined: false,
  });
}

/** A manifest with other access lists and all else as it was; undefined when it is no YAML. */
export function withAccess(text: string, access: AccessControl): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length) return undefined;
  const at = ["playground", "accessControl"];
  const lists = Object.fromEntries(
    OF_PLAYGROUNDS.map((dimension) => [dimension, access[dimension] ?? ["owner"]]),
  );
  document.setIn(at, document.createNode(lists, { flow: true }));
  document.deleteIn(["playground", "access"]);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
