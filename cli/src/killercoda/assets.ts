import { globToRegExp } from "@agon/content/ignore";
import { filesOf, readNamed, type Note, type Scenario } from "./scenario.ts";

/** Entries of a play-wide list of startup files that we use up; more are packed into an archive. */
const MAX_ENTRIES = 16;
/** Bytes of a text that stands in the front matter itself. */
const MAX_INLINE = 20_000;

interface Asset {
  path: string;
  target: string;
  mode: string;
  bytes: Buffer;
}

const isText = (bytes: Buffer): boolean =>
  !bytes.includes(0) && Buffer.from(bytes.toString("utf8")).equals(bytes);

/** `+x` and octal modes; anything else is told by the caller. */
function modeOf(chmod: unknown): string | undefined {
  if (chmod === undefined || chmod === "") return "644";
  if (/^[ugoa]*\+r?w?x$/.test(String(chmod))) return "755";
  const octal = /^0?([0-7]{3,4})$/.exec(String(chmod));
  return octal?.[1];
}

/** Startup files for `details.assets`; texts stand in the front matter, the rest goes into files. */
export function mapAssets(
  scenario: Scenario,
  value: unknown,
  files: Map<string, { bytes: Buffer; executable: boolean }>,
  notes: Note[],
): Record<string, unknown>[] {
  if (typeof value !== "object" || value === null) return [];
  const assets: Asset[] = [];
  for (const [host, list] of Object.entries(value)) {
    const entries = Array.isArray(list) ? list : [];
    if (!["host01", "client"].includes(host) && entries.length) {
      notes.push({
        file: "index.json",
        kind: "dropped",
        message: `assets for ${host}: there is one machine`,
      });
      continue;
    }
    for (const entry of entries as Record<string, unknown>[]) {
      const glob = String(entry["file"] ?? "");
      const target = String(entry["target"] ?? "/root").replace(/^~/, "/root");
      const mode = modeOf(entry["chmod"]);
      if (mode === undefined)
        notes.push({
          file: "index.json",
          kind: "changed",
          message: `chmod ${String(entry["chmod"])} of ${glob} became 644`,
        });
      const pattern = globToRegExp(`assets/${glob}`.replaceAll("**", "*"));
      const found = filesOf(scenario).filter(
        (path) => pattern.test(path) || (glob.includes("**") && path.startsWith("assets/")),
      );
      if (found.length === 0)
        notes.push({ file: "index.json", kind: "dropped", message: `no asset is called ${glob}` });
      for (const path of found) {
        const bytes = readNamed(scenario, path, notes);
        if (bytes)
          assets.push({
            path: path.slice("assets/".length),
            target: target.startsWith("/") ? target : `/root/${target}`,
            mode: mode ?? "644",
            bytes,
          });
      }
    }
  }
  if (assets.length > MAX_ENTRIES) return packed(assets, files, notes);
  return assets.map(({ path, target, mode, bytes }) => {
    const at = `${target.replace(/\/+$/, "")}/${path.split("/").at(-1)!}`;
    if (isText(bytes) && bytes.length <= MAX_INLINE)
      return { path: at, content: bytes.toString("utf8"), mode };
    const name = path.replaceAll("/", "-");
    files.set(`__static__/${name}`, { bytes, executable: false });
    notes.push({
      file: `assets/${path}`,
      kind: "changed",
      message: `it lies in __static__/${name} now, which everybody can read`,
    });
    return { path: at, source: `__static__/${name}`, mode };
  });
}

/** One archive for each target. */
function packed(
  assets: Asset[],
  files: Map<string, { bytes: Buffer; executable: boolean }>,
  notes: Note[],
): Record<string, unknown>[] {
  const targets = [...new Set(assets.map(({ target }) => target))];
  return targets.map((target, index) => {
    const folder = `assets-${index + 1}`;
    for (const { path, mode, bytes } of assets.filter((one) => one.target === target))
      files.set(`${folder}/${path}`, { bytes, executable: mode === "755" });
    notes.push({
      file: "assets",
      kind: "changed",
      message: `the files for ${target} lie in ${folder}/ and reach the machine as one archive`,
    });
    return { path: target, source: `__static__/${folder}.tar.gz`, extract: true };
  });
}
