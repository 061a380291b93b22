/** One line of a report; the keys of `--json` are stable. */
export interface BotResult {
  challenge: string;
  variant: "nothing" | "wrong" | "solution";
  solution: string | null;
  backend: string;
  verdict: "pass" | "fail";
  seconds: number;
  reason: string;
  artifacts: string;
}

const escape = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** JUnit XML of a report. */
export function junit(results: BotResult[]): string {
  const cases = results.map((one) => {
    const body = one.verdict === "fail" ? `<failure message="${escape(one.reason)}"/>` : "";
    return `  <testcase classname="${escape(one.challenge)}${one.backend && `.${one.backend}`}" name="${escape(one.solution ?? one.variant)}" time="${one.seconds.toFixed(1)}">${body}</testcase>`;
  });
  const failures = results.filter((one) => one.verdict === "fail").length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="bots" tests="${results.length}" failures="${failures}">\n${cases.join("\n")}\n</testsuite>\n`;
}

/** One line for people. */
export function line(one: BotResult): string {
  return `${one.verdict === "pass" ? "SUCCESS" : "FAIL   "} ${one.challenge.padEnd(24)} ${(one.solution ?? one.variant).padEnd(16)} ${one.backend.padEnd(9)} ${one.seconds.toFixed(1).padStart(6)} s  ${one.reason}`;
}
