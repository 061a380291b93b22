/** One session of a solution script (spec 7.2). */
export interface Chunk {
  /** Empty = the default machine. */
  machine: string;
  /** Empty = that machine's default user. */
  user: string;
  /** How often it is tried again. */
  retry: number;
  text: string;
}

const MARKER = /^# session: (?:([^\s@]+)@)?([^\s@]+)(?: retry(?:=(\d+))?)?$/;

/** Splits a solution script into its sessions; chunks of comments and blank lines only are left out. */
export function parseChunks(script: string): Chunk[] {
  const chunks: (Chunk & { lines: string[] })[] = [
    { machine: "", user: "", retry: 0, text: "", lines: [] },
  ];
  for (const line of script.split("\n")) {
    const marker = MARKER.exec(line.replace(/\r$/, ""));
    if (marker)
      chunks.push({
        machine: marker[2]!,
        user: marker[1] ?? "",
        retry: / retry(=|$)/.test(line) ? Number(marker[3] ?? 1) : 0,
        text: "",
        lines: [],
      });
    else chunks.at(-1)!.lines.push(line);
  }
  return chunks
    .filter((chunk) =>
      chunk.lines.some((line) => line.trim() !== "" && !line.trim().startsWith("#")),
    )
    .map(({ lines, ...chunk }) => ({ ...chunk, text: lines.join("\n") }));
}
