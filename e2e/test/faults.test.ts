import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createClient } from "redis";
import { expect, test } from "vitest";
import { publishInvented } from "../src/content.ts";
import { ask } from "../src/graphql.ts";
import { Learner } from "../src/learner.ts";
import { envOf, kill9 } from "../src/services.ts";

const LONG = { timeout: 100_000, interval: 300 };
const root = resolve(import.meta.dirname, "../..");

async function published<T>(
  work: (it: { name: string; token: string; answer: string }) => Promise<T>,
): Promise<T> {
  const id = randomBytes(4).toString("hex");
  const it = {
    name: `faults-${id}`,
    token: randomBytes(6).toString("hex"),
    answer: randomBytes(6).toString("hex"),
  };
  using _challenge = publishInvented(it.name, it.token, it.answer);
  await expect
    .poll(
      async () =>
        (
          await ask<{ challenge: { name: string } | null }>(
            "query($n: String!) { challenge(name: $n) { name } }",
            { n: it.name },
          ).catch(() => ({ challenge: null }))
        ).challenge?.name,
      LONG,
    )
    .toBe(it.name);
  return await work(it);
}

/** Both digests that `./agon boards rebuild --check` prints. */
async function digests(): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "api/src/boards-rebuild.ts"), "--check"],
    { cwd: root, env: envOf("api-1") },
  ).catch((error: { stdout: string }) => error);
  return [...stdout.matchAll(/^(?:log|redis)\s+(\S+)/gm)].map((match) => match[1]!);
}

test("kill -9 of hostd, both api processes, redis and the document store during a play: the shell lives, one solve, equal digests", async () => {
  await published(async ({ name, token, answer }) => {
    const learner = await Learner.signUp(`grace-${randomBytes(3).toString("hex")}`);
    const play = await learner.start(name);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 30 });
    const machine = (
      await learner.ask<{ play: { machines: { name: string }[] } }>(
        "query($id: ID!) { play(id: $id) { machines { name } } }",
        { id: play },
      )
    ).play.machines[0]!.name;
    const first = await learner.terminal(play, machine);
    first.type("echo pid=$$; unsaved=kept-$((6*7))\n");
    await expect.poll(() => /pid=(\d+)/.exec(first.text())?.[1], LONG).toBeTruthy();
    const pid = /pid=(\d+)/.exec(first.text())![1];

    kill9("hostd");
    await expect
      .poll(async () => {
        const again = await learner.terminal(play, machine, first.session).catch(() => undefined);
        if (!again) return "";
        again.type('echo "again=$$ $unsaved"\n');
        await new Promise((done) => setTimeout(done, 1500));
        again.close();
        return again.text();
      }, LONG)
      .toContain(`again=${pid} kept-42`);

    const second = await learner.terminal(play, machine);
    second.type(`echo ${token} > /srv/e2e/token\n`);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 40 });
    kill9("api-1");
    kill9("docstore");
    kill9("redis");
    await expect
      .poll(
        () =>
          learner
            .ask(
              'mutation($p: ID!, $v: String!) { submitInput(play: $p, task: "verify_answer", value: $v) }',
              { p: play, v: answer },
            )
            .then(
              () => "sent",
              () => "away",
            ),
        LONG,
      )
      .toBe("sent");
    kill9("api-2");
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_answer: 40 });
    const solves = () =>
      learner
        .ask<{ profile: { solves: unknown[] } }>(
          "query($h: String!) { profile(handle: $h) { solves { points } } }",
          { h: learner.handle },
        )
        .then(
          (answered) => answered.profile.solves.length,
          () => -1,
        );
    await expect.poll(solves, LONG).toBe(1);
    await expect
      .poll(async () => new Set(await digests()).size === 1 && (await digests()).length === 2, LONG)
      .toBe(true);
    await learner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play });
  });
});

test("FLUSHALL: the boards come back with the same digest, everybody is still signed in", async () => {
  const learner = await Learner.signUp(`lin-${randomBytes(3).toString("hex")}`);
  await expect.poll(async () => (await digests()).length, LONG).toBe(2);
  const [before] = await digests();
  const redis = createClient({ url: envOf("api-1")["REDIS_URL"]! });
  await redis.connect();
  await redis.flushAll();
  await redis.close();
  await expect.poll(async () => await digests(), LONG).toEqual([before, before]);
  expect((await learner.ask<{ me: { handle: string } }>("{ me { handle } }")).me.handle).toBe(
    learner.handle,
  );
});

test("somebody else's play does not exist", async () => {
  await published(async ({ name }) => {
    const owner = await Learner.signUp(`own-${randomBytes(3).toString("hex")}`);
    const other = await Learner.signUp(`oth-${randomBytes(3).toString("hex")}`);
    const play = await owner.start(name);
    await expect(
      other.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play }),
    ).rejects.toThrow(/^NOT_FOUND/);
    await expect(other.terminal(play, "debian-01")).rejects.toThrow(/^NOT_FOUND/);
    await owner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play });
  });
});
