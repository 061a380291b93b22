import { expect, test } from "vitest";
import { readBody } from "../src/components.ts";

test("hint bodies leave the text, with their titles; fences inside them stay theirs", () => {
  const read = readBody(
    "Before\n\n::hint-box\n---\n:summary: Look here\n---\nRun this:\n\n```sh\necho '::'\n::\n```\n::\n\n::hint-box{summary='Second one'}\nSecret two.\n::\nAfter\n",
    1,
  );
  expect(read.hints).toEqual([
    { id: "hint-1", title: "Look here", body: "Run this:\n\n```sh\necho '::'\n::\n```" },
    { id: "hint-2", title: "Second one", body: "Secret two." },
  ]);
  expect(read.body).toBe(
    "Before\n\n::hint-box{id=hint-1}\n::\n\n::hint-box{id=hint-2}\n::\nAfter\n",
  );
});

test("three levels of two-colon components; a fenced example is no component", () => {
  const read = readBody(
    [
      "::remark-box",
      "::details-box",
      "::simple-task",
      "---",
      ":tasks: tasks",
      ":name: verify_in",
      "---",
      "#active",
      "Do `it` **now**",
      "",
      "#completed",
      "Done",
      "::",
      "::",
      "::",
      "```markdown",
      "::simple-task",
      "---",
      ":name: verify_example",
      "---",
      "::",
      "```",
      ":::user-input-task{name=verify_after}",
      "#active",
      "And?",
      ":::",
    ].join("\n"),
    10,
  );
  expect(read.tasks.map(({ name, title, input, line }) => [name, title, input, line])).toEqual([
    ["verify_in", "Do it now", false, 12],
    ["verify_after", "And?", true, 32],
  ]);
});

test("a component inside a hint is taken out with it, and still found", () => {
  const read = readBody(
    "::hint-box\n::remark-box\nInner secret\n::\nOuter secret\n::\nOpen text\n",
    1,
  );
  expect(read.body).toBe("::hint-box{id=hint-1}\n::\nOpen text\n");
  expect(read.hints[0]!.body).toContain("Inner secret");
  expect(read.hints[0]!.body).toContain("Outer secret");
});

test("a hint that is never closed gives away nothing", () => {
  const read = readBody("::hint-box\nThe secret\n", 1);
  expect(read.body).not.toContain("secret");
  expect(read.hints[0]!.body).toBe("The secret");
});

test("a title is the first line without marks of Markdown; names keep their underscores", () => {
  const title = (line: string) =>
    readBody(`::simple-task\n---\n:tasks: tasks\n:name: one\n---\n#active\n${line}\n::\n`, 1)
      .tasks[0]!.title;
  expect(title("Task verify_page runs *twice*, _not_ __once__.")).toBe(
    "Task verify_page runs twice, not once.",
  );
  expect(title("Empty `/var/log/__old__` and ``a ` b``, see [the **page**](/x_y).")).toBe(
    "Empty /var/log/__old__ and a ` b, see the page.",
  );
  // A long one is cut between two words.
  const long = title(`Before the client may trust it: ${"word ".repeat(30)}`);
  expect(long).toMatch(/ word…$/);
  expect(long.length).toBeLessThanOrEqual(80);
});
