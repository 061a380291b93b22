import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { contentDir, endpoint } from "../src/content.ts";
import { published } from "../src/published.ts";
import { kill9 } from "../src/services.ts";

const root = resolve(import.meta.dirname, "../..");
const LONG = { timeout: 200_000, interval: 500 };

/** Asks as the bot. */
async function ask<T>(query: string, variables: object): Promise<T> {
  const response = await fetch(`${endpoint}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${process.env["AGON_API_KEY"]}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  return ((await response.json()) as { data: T }).data;
}

test("a nightly run survives kill -9 of api: every run is there, once", async () => {
  await published(async ({ name, token, answer }) => {
    const folder = join(contentDir, name);
    writeFileSync(
      join(folder, ".solution.sh"),
      `echo ${token} > /srv/e2e/token
examinerctl task wait verify_file --timeout 60s
printf '%s' ${answer} | examinerctl task input verify_answer
`,
    );
    writeFileSync(
      join(folder, ".wrong.sh"),
      `echo ${randomBytes(4).toString("hex")} > /tmp/token\n`,
    );
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          "--disable-warning=ExperimentalWarning",
          join(root, "bots/src/main.ts"),
          "nightly",
          "--now",
          name,
          "--json",
        ],
        { env: process.env },
      );
      const { batch } = JSON.parse(stdout) as { batch: string };
      type Runs = { botRuns: { variant: string; verdict: string; nightly: boolean }[] };
      const runs = async () =>
        (
          await ask<Runs>("query($b: ID!) { botRuns(batch: $b) { variant verdict nightly } }", {
            b: batch,
          }).catch(() => ({ botRuns: [] }))
        ).botRuns;
      // Whoever has the job loses it, in the middle of a run and again after the first verdict.
      await expect
        .poll(
          async () =>
            (
              await ask<{ myPlays: { challenge: { name: string } }[] }>(
                "{ myPlays(active: true) { challenge { name } } }",
                {},
              )
            ).myPlays.map((play) => play.challenge.name),
          LONG,
        )
        .toContain(name);
      for (const api of ["api-1", "api-2"]) kill9(api);
      await expect.poll(async () => (await runs()).length, LONG).toBeGreaterThan(0);
      for (const api of ["api-1", "api-2"]) kill9(api);
      await expect.poll(async () => (await runs()).length, LONG).toBe(3);
      expect((await runs()).map((run) => `${run.variant} ${run.verdict}`).toSorted()).toEqual([
        "nothing pass",
        "solution pass",
        "wrong pass",
      ]);
      expect((await runs()).every((run) => run.nightly)).toBe(true);
    } finally {
      rmSync(join(folder, ".solution.sh"), { force: true });
    }
  });
});
