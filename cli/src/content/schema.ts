import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { jsonSchema } from "@agon/content/schema";
import { Fault } from "../fault.ts";

const SCHEMAS = ["front-matter", "manifest"] as const;

/** `agon content schema`: prints one, or writes both into a folder. */
export async function schema(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: "string" } },
  });
  const [which = "front-matter"] = positionals;
  const one = SCHEMAS.find((name) => name === which);
  if (!one) throw new Fault(`There is no schema ${which}. There are: ${SCHEMAS.join(", ")}`);
  if (!values.out) {
    console.log(JSON.stringify(jsonSchema(one), null, 2));
    return 0;
  }
  mkdirSync(values.out, { recursive: true });
  for (const name of SCHEMAS) {
    const file = join(values.out, `${name}.json`);
    writeFileSync(file, `${JSON.stringify(jsonSchema(name), null, 2)}\n`);
    console.log(file);
  }
  return 0;
}
