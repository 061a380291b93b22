import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Problem } from "../src/model.ts";
import { folderWith, HEAD, shippedPlaygrounds } from "./folders.ts";

interface Answer {
  ms: number;
  problems: Problem[];
  items: string[];
  nodes: number;
}

/** Milliseconds after which a load counts as endless; it takes well under one second by itself. */
const ENDLESS = 30_000;

async function inWorker(data: Record<string, unknown>): Promise<Answer> {
  const worker = new Worker(new URL("./load-worker.ts", import.meta.url), {
    workerData: { playgrounds: shippedPlaygrounds, ...data },
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // What is hostile may not eat the memory of its host either.
    resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 },
  });
  const timer = setTimeout(() => void worker.terminate(), ENDLESS);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`ended with ${code} without an answer`)));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** Loads one challenge beside a good one, in a thread; the good one must load whatever the other is. */
async function load(text: string, more: (folder: string) => void = () => {}): Promise<Answer> {
  const good = `${HEAD}playground: debian-stable\ntasks:\n  verify_it: { run: echo no; false }\n---\n::simple-task{name=verify_it}\n#active\nDo.\n::\n`;
  using folder = folderWith({ "good/index.md": good });
  const bad = join(folder.path, "bad");
  (await import("node:fs")).mkdirSync(join(bad, "__static__"), { recursive: true });
  writeFileSync(join(bad, "index.md"), text);
  more(bad);
  const answer = await inWorker({ folder: folder.path });
  expect(answer.items).toContain("challenge/good");
  for (const { file, line, column } of answer.problems) {
    expect(file.startsWith(folder.path)).toBe(true);
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
  }
  return answer;
}

const codes = ({ problems }: Answer) => [...new Set(problems.map(({ code }) => code))];
const after = (rest: string) => `${HEAD}playground: debian-stable\n${rest}---\n`;

test("an alias bomb is a located error", async () => {
  const levels = Array.from({ length: 12 }, (_, level) =>
    level === 0
      ? `a0: &a0 [x, x, x, x, x, x, x, x, x]`
      : `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(", ")}]`,
  );
  const answer = await load(after(`${levels.join("\n")}\n`));
  expect(answer.problems).toMatchObject([
    { code: "AG006", severity: "error", line: expect.any(Number) },
  ]);
  expect(answer.problems[0]!.line).toBeGreaterThan(9);
  expect(codes(await load(after("a: &a [*a]\n")))).toEqual(["AG006"]);
  expect(codes(await load(after("a: *gone\n")))).toEqual(["AG006"]);
});

test("ten million bytes of body, and of front matter", async () => {
  expect(codes(await load(`${after("")}${"word ".repeat(2_000_000)}`))).toEqual(["AG004"]);
  expect(codes(await load(after(`description: ${"word ".repeat(300_000)}\n`)))).toEqual(["AG004"]);
  // Below the limit, made to be slow: every line opens or closes something.
  const { nodes } = await inWorker({ body: "::a\n`` ` :x{\n::\n{{ vars.\n".repeat(60_000) });
  expect(nodes).toBeGreaterThan(0);
});

test.each([
  ["brackets", `a: ${"[".repeat(200_000)}\n`],
  ["brackets on lines", `a:\n${"  [\n".repeat(90_000)}`],
  ["maps", `a: ${"{a: ".repeat(90_000)}\n`],
  ["dashes", `a:\n  ${"- ".repeat(100_000)}x\n`],
  ["indentation", `${Array.from({ length: 800 }, (_, n) => `${" ".repeat(n)}a:`).join("\n")}\n`],
])("deep nesting of %s is a located error", async (_, yaml) => {
  const answer = await load(after(yaml));
  expect(answer.problems).toMatchObject([{ code: "AG005", severity: "error" }]);
  expect(answer.problems[0]!.line).toBeGreaterThanOrEqual(10);
});

test("components inside each other without end, and props that are none", async () => {
  const deep = await inWorker({ body: "::a\n".repeat(50_000) });
  expect(JSON.stringify(deep.problems).includes('"depth"')).toBe(true);
  const props = await inWorker({
    body: `::a\n---\n${"x: &a [*a]\n".repeat(400)}---\n::\n`.repeat(50),
  });
  expect(props.problems.length).toBeGreaterThan(0);
});

test("keys of prototypes are left out, and change nothing", async () => {
  const answer = await load(
    after(
      `__proto__: { polluted: yes }\nconstructor: { prototype: { polluted: yes } }\nvars: { __proto__: a, constructor: b }\ntasks:\n  __proto__: { run: "false" }\n  toString: { run: echo no; false }\n  hasOwnProperty: { needs: [toString], run: echo no; false }\n`,
    ) +
      "::simple-task{name=toString}\n::\n::simple-task{name=hasOwnProperty}\n::\n::a{__proto__=x constructor=y}\n#__proto__\n::\n",
  );
  expect(answer.problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    "warning AG007",
    "warning AG007",
    "warning AG007",
    "warning AG081",
  ]);
  expect(answer.items).toContain("challenge/bad");
});

test("paths that lead out of the folder, also by links, are told and never read", async () => {
  using secret = folderWith({ "secret.txt": "the secret of somebody else" });
  const answer = await load(
    `${HEAD}cover: ../../../etc/passwd\nplayground:\n  name: debian-stable\n  startupFiles:\n    - { path: /a, source: __static__/../../../secret.txt }\n    - { path: /b, source: __static__/link.txt }\n    - { path: /c, source: /etc/passwd }\n    - { path: /../../d, content: x }\ntasks:\n  verify_it: { run: echo no; false }\n---\n`,
    (folder) => {
      symlinkSync(join(secret.path, "secret.txt"), join(folder, "__static__", "link.txt"));
      symlinkSync(secret.path, join(folder, "linked"));
      symlinkSync("..", join(folder, "__static__", "up"));
    },
  );
  expect(JSON.stringify(answer)).not.toContain("somebody else");
  expect(answer.problems.filter(({ code }) => code === "AG009")).toHaveLength(3);
  expect(answer.problems.filter(({ code }) => code === "AG043")).toHaveLength(4);
  expect(answer.items).not.toContain("challenge/bad");
});

test("ten thousand tasks, each with a problem, and ten thousand needs of one", async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `  t${n}: { needs: [gone${n}] }\n`).join(
    "",
  );
  const answer = await load(after(`tasks:\n${many}`));
  expect(codes(answer)).toContain("AG069");
  expect(codes(answer)).toContain("AG099");
  expect(answer.problems.length).toBeLessThan(300);
  const chain = Array.from(
    { length: 500 },
    (_, n) => `  t${n}: { run: echo x, needs: [${n ? `t${n - 1}` : "t499"}] }\n`,
  ).join("");
  expect(codes(await load(after(`tasks:\n${chain}`)))).toContain("AG062");
  const needs = Array.from({ length: 10_000 }, (_, n) => `g${n}`).join(", ");
  expect(codes(await load(after(`tasks:\n  a: { run: echo, needs: [${needs}] }\n`)))).toContain(
    "AG059",
  );
});

test("networks that are none cannot hang the search for free addresses", async () => {
  const answer = await load(
    after("").replace(
      "playground: debian-stable\n",
      "playground:\n  name: mini-lan\n  networks: [{ name: local, subnet: x/99, gateway: y }, { name: local }]\n",
    ),
  );
  expect(codes(answer)).toContain("AG039");
});

test("sets of glob patterns made to be slow", async () => {
  const answer = await load(after("tasks:\n  verify_it: { run: echo no }\n"), (folder) => {
    writeFileSync(
      join(folder, ".labctlignore"),
      `${"*a".repeat(2000)}\n${"[".repeat(5000)}\n`.repeat(500),
    );
    writeFileSync(join(folder, "a".repeat(200)), "x");
  });
  expect(answer.items).toContain("challenge/bad");
});
