import { expect, test } from "vitest";
import { parseChunks } from "../src/chunks.ts";

test("a file without markers is one chunk for the default machine", () => {
  expect(parseChunks("echo a\n")).toEqual([{ machine: "", user: "", retry: 0, text: "echo a\n" }]);
});

test("markers name user, machine and retries; chunks of comments are left out", () => {
  const chunks = parseChunks(
    "#!/bin/bash\n# session: web-01\ntrue\n# session: laborant@db retry=20\nfalse\n# session: x retry\nid",
  );
  expect(chunks.map(({ machine, user, retry }) => [machine, user, retry])).toEqual([
    ["web-01", "", 0],
    ["db", "laborant", 20],
    ["x", "", 1],
  ]);
});

test("an indented marker is text", () => {
  expect(parseChunks("echo a\n # session: b")).toHaveLength(1);
});
