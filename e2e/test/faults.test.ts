import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { createClient } from "redis";
import { expect, test, vi } from "vitest";
import { digests } from "../src/digests.ts";
import { Learner } from "../src/learner.ts";
import { published } from "../src/published.ts";
import { envOf, kill9 } from "../src/services.ts";

const run = async (command: string, args: string[]) =>
  (await promisify(execFile)(command, args)).stdout.trim();
const LONG = { timeout: 100_000, interval: 300 };

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
        await vi.waitUntil(() => /again=\d/.test(again.text()), 5_000).catch(() => undefined);
        again.close();
        return again.text();
      }, LONG)
      .toContain(`again=${pid} kept-42`);

    // The other api process may not have found hostd again yet.
    const second = await vi.waitUntil(
      () => learner.terminal(play, machine).catch(() => undefined),
      LONG,
    );
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

test("20 kills of api at random instants after the last check: one solve, equal digests", async () => {
  await published(async ({ name, token, answer }) => {
    const learner = await Learner.signUp(`kay-${randomBytes(3).toString("hex")}`);
    const play = await learner.start(name);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 30 });
    await learner.exec(play, "debian-01", `echo ${token} > /srv/e2e/token`);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 40 });
    await learner.ask(
      'mutation($p: ID!, $v: String!) { submitInput(play: $p, task: "verify_answer", value: $v) }',
      { p: play, v: answer },
    );
    for (let kill = 0; kill < 20; kill++) {
      // No wait for anything: the random instant is what is tested.
      await new Promise((done) => setTimeout(done, Math.random() * 900));
      // A process that is just being started again can't be killed: then it is the other one's turn.
      for (const name of kill % 2 ? ["api-1", "api-2"] : ["api-2", "api-1"]) if (kill9(name)) break;
    }
    const solves = async () => {
      const { profile } = await learner.ask<{ profile: { solves: unknown[] } }>(
        "query($h: String!) { profile(handle: $h) { solves { points } } }",
        { h: learner.handle },
      );
      return profile.solves.length;
    };
    await expect.poll(() => solves().catch(() => -1), LONG).toBe(1);
    await expect.poll(async () => new Set(await digests()).size, LONG).toBe(1);
    expect(await solves()).toBe(1);
    await learner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play });
  });
});

test("kill -9 of hostd with vim open: the same process and its unsaved buffer come back", async () => {
  await published(async ({ name }) => {
    const learner = await Learner.signUp(`vi-${randomBytes(3).toString("hex")}`);
    const play = await learner.start(name);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 30 });
    const first = await learner.terminal(play, "debian-01");
    first.type("vim /tmp/unsaved.txt\n");
    await expect.poll(() => first.text(), LONG).toContain("unsaved.txt");
    first.type("inever saved");
    const vim = async () => (await learner.exec(play, "debian-01", "pgrep -x vim")).out.trim();
    await expect.poll(() => first.text(), LONG).toContain("never saved");
    const pid = await vim();
    expect(pid).toMatch(/^\d+$/);
    kill9("hostd");
    await expect
      .poll(async () => {
        const again = await learner
          .terminal(play, "debian-01", first.session)
          .catch(() => undefined);
        if (!again) return "";
        await expect.poll(() => again.text(), { timeout: 2_000 }).toContain("never saved");
        again.type("\x1b:wq\n");
        return "attached";
      }, LONG)
      .toBe("attached");
    await expect
      .poll(async () => (await learner.exec(play, "debian-01", "cat /tmp/unsaved.txt")).out, LONG)
      .toBe("never saved\n");
    await learner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play });
  });
});

test("kill -9 of the examiner and of the whole machine: tasks and disk stay, checks go on", async () => {
  await published(async ({ name, token }) => {
    const learner = await Learner.signUp(`ex-${randomBytes(3).toString("hex")}`);
    const play = await learner.start(name);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 30 });
    const inside = (text: string) => learner.exec(play, "debian-01", text, "root");
    expect((await inside("echo kept > /root/kept; pkill -9 -f examiner.mjs")).code).toBe(0);
    const container = await run("docker", ["ps", "--quiet", "--filter", `label=agon.play=${play}`]);
    await run("docker", ["kill", "--signal", "KILL", container]);
    await expect
      .poll(
        () =>
          inside("cat /root/kept").then(
            ({ out }) => out,
            () => "",
          ),
        LONG,
      )
      .toBe("kept\n");
    expect(await learner.tasks(play)).toMatchObject({ init_ground: 40, verify_file: 30 });
    await inside(`echo ${token} > /srv/e2e/token`);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 40 });
    await learner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play });
  });
});
