import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { operator } from "../src/ask-operator.ts";
import { contentDir, endpoint } from "../src/content.ts";
import { Learner } from "../src/learner.ts";
import { published } from "../src/published.ts";
import { envOf } from "../src/services.ts";

const LONG = { timeout: 100_000, interval: 300 };
const root = resolve(import.meta.dirname, "../..");

/** A request to sign a new key, as a joining host sends it. */
async function request(): Promise<string> {
  const { stdout } = await promisify(execFile)("openssl", [
    ..."req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null".split(" "),
    "-subj",
    "/CN=x",
  ]);
  return stdout;
}

const joinStatus = async (host: string, token: string, csr: string) =>
  (
    await fetch(`${endpoint}/api/hosts/join`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ host, token, csr }),
    })
  ).status;

test("a token lets one key of one host in, once; an announcement that is not signed is refused", async () => {
  const host = `h-${randomBytes(3).toString("hex")}`;
  const { createHostToken } = await operator<{ createHostToken: { token: string } }>(
    "mutation($h: ID!) { createHostToken(host: $h) { token } }",
    { h: host },
  );
  const { token } = createHostToken;
  const [mine, other] = [await request(), await request()];
  expect(await joinStatus(host, "wrong", mine)).toBe(403);
  expect(await joinStatus("another", token, mine)).toBe(403);
  expect(await joinStatus(host, token, "no request")).toBe(400);
  expect(await joinStatus(host, token, mine)).toBe(200);
  // The answer may have been lost: the same key gets it again, another one does not.
  expect(await joinStatus(host, token, mine)).toBe(200);
  expect(await joinStatus(host, token, other)).toBe(403);
  const forged = await fetch(`${endpoint}/api/hosts/announce`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      payload: JSON.stringify({
        host: "host-1",
        grpc: "127.0.0.1:1",
        terminal: "",
        at: Date.now(),
      }),
      signature: "",
      certificate: readFileSync(join(process.env["AGON_DIR"] ?? "", "hostd/pki/host.pem"), "utf8"),
    }),
  });
  expect(forged.status).toBe(403);
  await operator("mutation($h: ID!) { removeHost(id: $h) }", { h: host });
});

test("a second host joins, takes a play while the first one drains, and goes", async () => {
  const host = `h-${randomBytes(3).toString("hex")}`;
  const { createHostToken } = await operator<{ createHostToken: { token: string } }>(
    "mutation($h: ID!) { createHostToken(host: $h) { token } }",
    { h: host },
  );
  const state = mkdtempSync(join(tmpdir(), "agon-host-"));
  const [grpc, terminal] = [23_000, 24_000].map((base) => base + Math.floor(Math.random() * 900));
  const { AGON_IMAGES, AGON_EXAMINER_DIR, DOCKER_HOST, PATH, HOME } = envOf("hostd");
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "hostd/src/main.ts")],
    {
      stdio: "ignore",
      env: {
        AGON_IMAGES,
        AGON_EXAMINER_DIR,
        DOCKER_HOST,
        PATH,
        HOME,
        AGON_STATE_DIR: state,
        AGON_HOST_ID: host,
        AGON_GRPC_PORT: String(grpc),
        AGON_TERMINAL_PORT: String(terminal),
        AGON_PUBLIC_TERMINAL: `ws://127.0.0.1:${terminal}`,
        AGON_JOIN_URL: endpoint,
        AGON_JOIN_TOKEN: createHostToken.token,
      },
    },
  );
  const drain = (on: boolean) =>
    operator('mutation($on: Boolean!) { drainHost(id: "host-1", on: $on) { state } }', { on });
  try {
    type Hosts = { hosts: { id: string; state: string; plays: number }[] };
    const seen = async (id: string) =>
      (await operator<Hosts>("{ hosts { id state plays } }")).hosts.find((one) => one.id === id);
    await expect.poll(() => seen(host), LONG).toMatchObject({ state: "up", plays: 0 });
    await drain(true);
    await expect.poll(() => seen("host-1"), LONG).toMatchObject({ state: "draining" });
    await published(async ({ name, token }) => {
      const learner = await Learner.signUp(`jo-${randomBytes(3).toString("hex")}`);
      const play = await learner.start(name);
      await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 30 });
      await expect.poll(() => seen(host), LONG).toMatchObject({ plays: 1 });
      await learner.exec(play, "debian-01", `echo ${token} > /srv/e2e/token`);
      await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 40 });
      const { playStats } = await learner.ask<{
        playStats: { machine: string; pids: number; memoryBytes: number }[];
      }>("query($p: ID!) { playStats(play: $p) { machine pids memoryBytes } }", { p: play });
      expect(playStats[0]).toMatchObject({ machine: "debian-01" });
      expect(playStats[0]!.pids).toBeGreaterThan(1);
      await expect(
        operator("mutation($h: ID!) { removeHost(id: $h) }", { h: host }),
      ).rejects.toThrow(/still runs 1 plays/);
      await learner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: play });
      await expect.poll(() => seen(host), LONG).toMatchObject({ plays: 0 });
    });
    await operator("mutation($h: ID!) { removeHost(id: $h) }", { h: host });
    await expect.poll(() => seen(host), LONG).toBeUndefined();
  } finally {
    child.kill("SIGTERM");
    await new Promise((done) => child.once("close", done));
    await drain(false);
    rmSync(state, { recursive: true, force: true });
  }
});

test("a machine that writes more than its disk has: the play stops with a message, its machines are gone", async () => {
  await published(async ({ name }) => {
    const file = join(contentDir, name, "index.md");
    const fresh = `Full ${randomBytes(4).toString("hex")}`;
    const text = readFileSync(file, "utf8")
      .replace(/^title: .*$/m, `title: ${fresh}`)
      .replace(
        "  name: debian-stable\n",
        `  name: debian-stable
  machines:
    - name: debian-01
      users: [{ name: laborant, default: true }, { name: root }]
      drives: [{ source: debian-12, mount: /, size: 1GiB }]
`,
      );
    writeFileSync(file, text);
    const learner = await Learner.signUp(`du-${randomBytes(3).toString("hex")}`);
    // Each api process takes the change up by itself; an old version would have the larger disk.
    const title = async () =>
      (
        await learner.ask<{ challenge: { title: string } }>(
          "query($n: String!) { challenge(name: $n) { title } }",
          { n: name },
        )
      ).challenge.title;
    await expect
      .poll(async () => new Set(await Promise.all(Array.from({ length: 8 }, title))), LONG)
      .toEqual(new Set([fresh]));
    const play = await learner.start(name);
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_file: 30 });
    const fill = learner.exec(
      play,
      "debian-01",
      "dd if=/dev/zero of=/var/tmp/big bs=1M count=1500",
      "root",
    );
    const state = () =>
      learner.ask<{ play: { state: string; reason: string | null } }>(
        "query($p: ID!) { play(id: $p) { state reason } }",
        { p: play },
      );
    await expect
      .poll(async () => (await state()).play.reason, LONG)
      .toMatch(/disk of machine debian-01 is full: .* GiB written/);
    await fill.catch(() => undefined);
    const docker = promisify(execFile);
    await expect
      .poll(
        async () =>
          (await docker("docker", ["ps", "-aq", "--filter", `label=agon.play=${play}`])).stdout,
        LONG,
      )
      .toBe("");
  });
});
