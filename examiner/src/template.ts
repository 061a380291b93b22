/** Values that a template may name. */
export interface Values {
  input: string;
  /** Outputs of a needed task; undefined = not known. */
  need(task: string, attribute: string): string | undefined;
  /** A play variable; undefined = not declared, the text stays as it is. */
  variable?(name: string): string | undefined;
}

const TEMPLATE =
  /(?<![A-Za-z0-9_$])x\(\.(?:(input)|needs\.([A-Za-z0-9_-]+)\.(stdout|stderr|exit_code|input|status)|vars\.([A-Za-z_][A-Za-z0-9_]*))\)/g;

/** Whether a text names the learner's input. */
export function usesInput(text: string): boolean {
  return /(?<![A-Za-z0-9_$])x\(\.input\)/.test(text);
}

/** Where in a bash script a position lies. */
export type Context = "plain" | "single" | "double" | "heredoc" | "raw-heredoc" | "comment";

/** The quoting context of each of the given positions (ascending) of a bash script. */
export function contextsAt(script: string, positions: number[]): Context[] {
  const found: Context[] = [];
  // "plain" frames count parentheses, so that the `)` of a `$(` inside double quotes is found.
  const stack: { context: Context; depth: number }[] = [{ context: "plain", depth: 0 }];
  let pending: { word: string; raw: boolean; tabs: boolean }[] = [];
  let heredoc: { word: string; raw: boolean; tabs: boolean } | undefined;
  let next = 0;
  for (let index = 0; index <= script.length && next < positions.length; index++) {
    const frame = stack.at(-1)!;
    while (next < positions.length && positions[next] === index) {
      found.push(heredoc ? (heredoc.raw ? "raw-heredoc" : "heredoc") : frame.context);
      next++;
    }
    const char = script[index];
    if (heredoc) {
      if (char === "\n" || index === 0) {
        const from = char === "\n" ? index + 1 : index;
        const end = script.indexOf("\n", from);
        const line = script.slice(from, end < 0 ? undefined : end);
        if ((heredoc.tabs ? line.replace(/^\t+/, "") : line) === heredoc.word) {
          heredoc = pending.shift();
          // Positions never lie inside the closing word.
          index = from + line.length - 1;
        }
      }
      continue;
    }
    if (
      char === "\n" &&
      pending.length &&
      frame.context !== "single" &&
      frame.context !== "double"
    ) {
      heredoc = pending.shift();
      index--; // look at this newline again as the one before the first line
      const from = index + 2;
      const end = script.indexOf("\n", from);
      const line = script.slice(from, end < 0 ? undefined : end);
      if ((heredoc!.tabs ? line.replace(/^\t+/, "") : line) !== heredoc!.word) index++;
      if (frame.context === "comment") stack.pop();
      continue;
    }
    switch (frame.context) {
      case "comment":
        if (char === "\n") stack.pop();
        break;
      case "single":
        if (char === "'") stack.pop();
        break;
      case "double":
        if (char === "\\") index++;
        else if (char === '"') stack.pop();
        else if (char === "$" && script[index + 1] === "(") {
          stack.push({ context: "plain", depth: 1 });
          index++;
        }
        break;
      default: {
        if (char === "\\") index++;
        else if (char === "'") stack.push({ context: "single", depth: 0 });
        else if (char === '"') stack.push({ context: "double", depth: 0 });
        else if (char === "#" && (index === 0 || /[\s;&|(]/.test(script[index - 1]!)))
          stack.push({ context: "comment", depth: 0 });
        else if (char === "(") frame.depth++;
        else if (char === ")" && stack.length > 1 && --frame.depth === 0) stack.pop();
        else if (
          char === "<" &&
          script[index + 1] === "<" &&
          script[index + 2] !== "<" &&
          script[index - 1] !== "<"
        ) {
          const match = /^<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z0-9_!]+))/.exec(
            script.slice(index, index + 200),
          );
          if (match) {
            pending = [
              ...pending,
              {
                word: match[2] ?? match[3] ?? match[4]!,
                raw: match[2] !== undefined || match[3] !== undefined || /<<-?\s*\\/.test(match[0]),
                tabs: match[1] === "-",
              },
            ];
            index += match[0].length - 1;
          }
        }
      }
    }
  }
  while (found.length < positions.length) found.push("plain");
  return found;
}

/** A value as it must stand in a context, so that bash reads exactly the value. */
export function quoteFor(context: Context, value: string): string {
  switch (context) {
    case "single":
      return value.replaceAll("'", "'\\''");
    case "double":
      return value.replace(/[\\"$`]/g, "\\$&");
    case "heredoc":
      return value.replace(/[\\$`]/g, "\\$&");
    case "raw-heredoc":
      return value;
    case "comment":
      return value.replace(/[\r\n]/g, " ");
    default:
      return value === "" ? "" : `'${value.replaceAll("'", "'\\''")}'`;
  }
}

function valueOf(match: RegExpMatchArray, values: Values): string | undefined {
  if (match[4]) return values.variable?.(match[4]);
  return match[1] ? values.input : values.need(match[2]!, match[3]!);
}

/** Expands a script; only the strict forms of spec 5.7 are touched. */
export function expandScript(script: string, values: Values): string {
  const matches = [...script.matchAll(TEMPLATE)];
  if (matches.length === 0) return script;
  const contexts = contextsAt(
    script,
    matches.map((match) => match.index),
  );
  let out = "";
  let from = 0;
  for (const [index, match] of matches.entries()) {
    const value = valueOf(match, values);
    out +=
      script.slice(from, match.index) +
      (value === undefined ? match[0] : quoteFor(contexts[index]!, value));
    from = match.index + match[0].length;
  }
  return out + script.slice(from);
}

/** Expands the value of an env entry: it goes through the process environment, so nothing is quoted. */
export function expandPlain(text: string, values: Values): string {
  return text.replaceAll(
    TEMPLATE,
    (...groups: unknown[]) =>
      valueOf(groups as unknown as RegExpMatchArray, values) ?? (groups[0] as string),
  );
}
