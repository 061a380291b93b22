/** Word of a task's state code. */
export function stateWord(code: number): string {
  return (
    { 0: "none", 10: "created", 20: "blocked", 30: "running", 35: "failed", 40: "completed" }[
      code
    ] ?? "none"
  );
}
