import type { Egress } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Names that one playground may allow. */
const MAX_NAMES = 64;
/** A host name of at least two labels; `*.` before it means every name below it, and not itself. */
const NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * `egress` of a playground or a block: where its machines may connect to outside of the play.
 * `none`, `open`, or `allow` with a list of names for DNS and HTTP(S). A given value replaces the
 * base's as a whole; the origin's format has no such key, and without one it is `none`.
 */
export function readEgress(source: Source, value: unknown, base?: Egress): Egress {
  if (value === undefined || value === null) return base ?? { policy: "none", names: [] };
  const at = ["playground", "egress"];
  const wrong = (message: string, where: (string | number)[] = at): Egress => {
    source.error(
      "AG028",
      where,
      message,
      "write egress: none, egress: open, or egress: {allow: [packages.example.com]}",
    );
    return { policy: "none", names: [] };
  };
  if (typeof value === "string")
    return value === "none" || value === "open"
      ? { policy: value, names: [] }
      : wrong(`egress has no policy "${value}"`);
  const spec = asMap(value);
  const unknown = Object.keys(spec).find((key) => key !== "allow");
  if (unknown !== undefined) return wrong(`egress has no key "${unknown}"`, [...at, unknown]);
  const list = asList(spec["allow"]);
  if (list.length === 0) return wrong("egress allows no name");
  if (list.length > MAX_NAMES) return wrong(`egress allows more than ${MAX_NAMES} names`);
  const names = list.map((one) => asText(one).toLowerCase());
  const bad = names.findIndex((name) => name.length > 253 || !NAME.test(name));
  if (bad >= 0)
    return wrong(`"${asText(list[bad])}" is no name of a host that can be allowed`, [
      ...at,
      "allow",
      bad,
    ]);
  return { policy: "allow", names: [...new Set(names)] };
}
