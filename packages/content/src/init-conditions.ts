import type { InitCondition } from "./model.ts";
import type { Source } from "./source.ts";
import { asList, asMap, asText } from "./value.ts";

/** Questions that a play answers before it starts (spec 3.3.5). */
export function readConditions(source: Source, value: unknown): InitCondition[] {
  const at = ["playground", "initConditions", "values"];
  const conditions = asList(asMap(value)["values"]).map((one, index) => {
    const spec = asMap(one);
    const condition = {
      key: asText(spec["key"]),
      default: asText(spec["default"]),
      options: asList(spec["options"]).map(asText),
      nullable: spec["nullable"] === true,
      placeholder: asText(spec["placeholder"]),
      validationRegex: asText(spec["validationRegex"]),
    };
    if (!condition.key)
      source.error("AG041", [...at, index], "an init condition has no key", "add key:");
    if (
      condition.default &&
      condition.options.length &&
      !condition.options.includes(condition.default)
    )
      source.error(
        "AG041",
        [...at, index, "default"],
        `default "${condition.default}" of condition "${condition.key}" is none of its options`,
        `use one of ${condition.options.join(", ")}`,
      );
    return condition;
  });
  if (conditions.length)
    source.warn(
      "AG041",
      ["playground", "initConditions"],
      "nobody is asked for init conditions here yet: their defaults are used",
      "give each a default that makes the play work",
    );
  return conditions;
}
