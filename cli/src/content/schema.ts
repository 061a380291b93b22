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
  for (const file of writeSchemas(values.out)) console.log(file);
  return 0;
}

/** Writes both into a folder. @returns their paths. */
export function writeSchemas(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  return SCHEMAS.map((name) => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, `${JSON.stringify(jsonSchema(name), null, 2)}\n`);
    return file;
  });
}
