const LABELS = ["Looked at", "Saw", "Expected"] as const;

/** A reason that its author laid out in lines "Looked at: …", "Saw: …", "Expected: …"; null for any other text. */
export function laidOut(reason: string): [label: string, text: string][] | null {
  const lines = reason.trim().split("\n");
  const parts = LABELS.map((label) => {
    const line = lines.find((one) => one.toLowerCase().startsWith(`${label.toLowerCase()}:`));
    return [label, line?.slice(label.length + 1).trim() ?? ""] as [string, string];
  });
  return lines.length === LABELS.length && parts.every(([, text]) => text) ? parts : null;
}
