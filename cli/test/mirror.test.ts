import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { until } from "@agon/testing/until";
import { cli } from "./run-cli.ts";

const dir = process.env["AGON_DIR"];
if (!dir || !process.env["AGON_ENDPOINT"])
  throw new Error("./agon test --only cli sets AGON_ENDPOINT and AGON_DIR");
process.env["AGON_API_KEY"] = readFileSync(join(dir, "operator-key"), "utf8");

const root = mkdtempSync(join(tmpdir(), "agon-mirror-"));
const name = `mirror-${process.pid}`;
const folder = join(root, name);
afterAll(() => {
  cli("content", "remove", "challenge", name, "--force");
  rmSync(root, { recursive: true, force: true });
});

const push = (...flags: string[]) =>
  cli("content", "push", "challenge", name, "--dir", folder, ...flags);

test("a push makes the arena's files those of the folder; the second one pushes nothing", () => {
  cli("content", "new", "challenge", name, "--dir", folder);
  mkdirSync(join(folder, "__static__"));
  mkdirSync(join(folder, "app"));
  writeFileSync(join(folder, "__static__/a.png"), Buffer.from([0, 1, 2, 255]));
  writeFileSync(join(folder, "app/run.sh"), "#!/bin/sh\ntrue\n");
  chmodSync(join(folder, "app/run.sh"), 0o755);
  writeFileSync(join(folder, "notes.tmp"), "not for the arena");
  writeFileSync(join(folder, ".labctlignore"), "*.tmp\n");
  const first = push();
  expect(first.err).toBe("");
  expect(first.code).toBe(0);
  expect(first.out).toContain(`pushed index.md`);
  expect(first.out).toContain("pushed .solution.sh");
  expect(first.out).not.toContain("notes.tmp");
  expect(first.out).toMatch(new RegExp(`/challenges/${name}\n$`));
  expect(push().out).toMatch(/^Nothing to push\./);
});

test("10.3/10: without --force and without a terminal nothing is overwritten or deleted; with it, the mirror is exact", () => {
  writeFileSync(join(folder, ".wrong.sh"), "echo another > ~/answer.txt\n");
  rmSync(join(folder, "__static__/a.png"));
  writeFileSync(join(folder, "app/new.txt"), "new\n");
  const careful = push();
  expect(careful.out).toContain("pushed app/new.txt");
  expect(careful.err).toContain("kept .wrong.sh");
  expect(careful.err).toContain("kept __static__/a.png");
  const forced = push("--force");
  expect(forced.out).toContain("pushed .wrong.sh");
  expect(forced.out).toContain("deleted __static__/a.png");
  const copy = join(root, "copy");
  expect(cli("content", "pull", "challenge", name, "--dir", copy).code).toBe(0);
  const files = (at: string) =>
    readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.tmp$|labctlignore/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(at.length + 1))
      .sort();
  expect(files(copy)).toEqual(files(folder));
  for (const file of files(folder))
    expect(readFileSync(join(copy, file)).equals(readFileSync(join(folder, file))), file).toBe(
      true,
    );
});

test("Markdown that cannot be read is refused with its place", () => {
  const index = readFileSync(join(folder, "index.md"), "utf8");
  writeFileSync(join(folder, "index.md"), index.replace("kind: challenge", "kind: [challenge"));
  const refused = push("--force");
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/index\.md:\d+:\d+ AG003 malformed YAML/);
  writeFileSync(join(folder, "index.md"), index);
  expect(push("--force").code).toBe(0);
});

test("an archive is built before the push, and not again while nothing changes", () => {
  const index = readFileSync(join(folder, "index.md"), "utf8");
  writeFileSync(
    join(folder, "index.md"),
    index.replace(
      "playground: debian-stable",
      "playground:\n  name: debian-stable\n  startupFiles:\n    - { path: /srv/app, source: __static__/app.tar.gz, extract: true }",
    ),
  );
  expect(push("--force").out).toContain("built __static__/app.tar.gz");
  expect(existsSync(join(folder, "__static__/app.tar.gz"))).toBe(true);
  expect(push("--force").out).toMatch(/^Nothing to push\./);
});

test("list and access: private at first, then for whom the lists say; remove takes it away", () => {
  expect(cli("content", "list", "challenge").out).toContain(`challenge/${name}`);
  expect(cli("content", "access", "challenge", name).out).toContain("canRead: owner\n");
  const set = cli("content", "access", "challenge", name, "canRead=authenticated,github:somebody");
  expect(set.out).toContain("canRead: authenticated, github:somebody\n");
  expect(cli("content", "access", "challenge", name, "canRead=everybody")).toMatchObject({
    code: 1,
    err: expect.stringContaining('"everybody" is no principal'),
  });
  expect(cli("content", "remove", "challenge", name).code).toBe(1);
  expect(cli("content", "remove", "challenge", name, "--force").out).toBe(
    `removed challenge/${name}\n`,
  );
  expect(cli("content", "list", "challenge").out).not.toContain(`challenge/${name}`);
});

test("a preview is the folder's page without a machine; it follows a save, and goes when it is stopped", async () => {
  const copy = join(root, `seen-${process.pid}`);
  cpSync(folder, copy, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "../src/main.ts"),
      "content",
      "preview",
      copy,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const title = async (): Promise<string | undefined> => {
    const response = await fetch(`${process.env["AGON_ENDPOINT"]}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${process.env["AGON_API_KEY"]}`,
      },
      body: JSON.stringify({
        query: `query($n: String!) { challenge(name: $n) { title } }`,
        variables: { n: `preview-seen-${process.pid}` },
      }),
    });
    const { data } = (await response.json()) as { data: { challenge: { title: string } | null } };
    return data.challenge?.title;
  };
  try {
    await until("it is shown", () => out.includes("Ctrl-C"), 100);
    expect(out).toMatch(new RegExp(`/challenges/preview-seen-${process.pid}\n`));
    await until("its page is there", async () => (await title())?.startsWith("Mirror"), 100);
    const index = join(copy, "index.md");
    writeFileSync(
      index,
      readFileSync(index, "utf8").replace(/^title: .*/m, "title: Another title for it"),
    );
    await until("the page follows", async () => (await title()) === "Another title for it", 100);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await closed).toBe(0);
  await until("it is gone", async () => (await title()) === undefined, 100);
});
