/** One component of a text in one state. */
export interface Specimen {
  /** Of the component and its state: what its pictures are called. */
  id: string;
  /** Its file in markdown/components; `text` is what Markdown itself draws. */
  component: string;
  state: string;
  text: string;
}

const MARK = /^<!-- ([a-z-]+): (.+) -->$/m;

/** Specimens of a sheet: each begins with a comment `<!-- component: state -->`, which pages don't show. */
export function specimens(sheet: string): Specimen[] {
  const [before, ...pieces] = sheet.split(MARK);
  if (before?.trim()) throw new Error(`No mark stands before "${before.trim().slice(0, 40)}"`);
  return Array.from({ length: pieces.length / 3 }, (_, at) => {
    const [component, state, text] = pieces.slice(at * 3, at * 3 + 3) as [string, string, string];
    const id = `${component} ${state}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    return { id, component, state, text: text.trim() };
  });
}
