import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { forgeText } from "../src/forge.ts";
import { Learner } from "../src/learner.ts";

const LONG = { timeout: 100_000, interval: 300 };
const CHALLENGE = "two-sides-of-a-link";

/** Every TCP port that something on this computer listens on. */
async function listening(): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ss", ["-Htln"]);
  const ports = stdout.split("\n").map((line) => Number(/:(\d+)\s+\S+\s*$/.exec(line)?.[1] ?? 0));
  return [...new Set(ports)].filter(Boolean);
}

test("two users play the two-machine challenge at once with equal addresses; neither reaches the host, the other play, or the peer's tasks", async () => {
  const users = await Promise.all(
    ["mo", "ny"].map((name) => Learner.signUp(`${name}-${randomBytes(3).toString("hex")}`)),
  );
  const plays = await Promise.all(
    users.map(async (learner) => ({ learner, play: await learner.start(CHALLENGE) })),
  );
  for (const { learner, play } of plays)
    await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_enabled: 30 });
  const addresses = [];
  for (const { learner, play } of plays) {
    const root = (text: string) => learner.exec(play, "client", text, "root");
    addresses.push((await root("ip -4 -o addr show eth0 | awk '{print $4}'")).out.trim());
    expect((await root("cat /proc/1/comm")).out).toBe("systemd\n");
    await root(`echo ${play} > /root/whose`);
    expect((await root("ping -c1 -W2 server >/dev/null && echo there")).out).toBe("there\n");
  }
  expect(addresses).toEqual(["172.16.0.2/24", "172.16.0.2/24"]);
  for (const { learner, play } of plays)
    expect((await learner.exec(play, "client", "cat /root/whose", "root")).out.trim()).toBe(play);

  const [{ learner, play }] = plays as [(typeof plays)[0]];
  // Every port of the host, at each of its addresses and at the network's first address.
  const hosts = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.family === "IPv4" && !one.internal)
    .map((one) => one!.address);
  const ports = await listening();
  expect(hosts.length * ports.length).toBeGreaterThan(5);
  const targets = [...hosts, "172.16.0.1"].flatMap((host) =>
    ports.map((port) => `${host} ${port}`),
  );
  const tried = await learner.exec(
    play,
    "client",
    `while read -r host port; do
       timeout 2 bash -c "exec 3<>/dev/tcp/$host/$port" 2>/dev/null && echo "reached $host $port" &
     done <<'LIST'\n${targets.join("\n")}\nLIST
     wait; echo "tried ${targets.length}"`,
    "root",
  );
  expect(tried.out).toBe(`tried ${targets.length}\n`);

  // The client's root claims a task of the server, and one of its own whose needs are open.
  const log = join(process.env["AGON_DIR"] ?? "", "logs/hostd.log");
  const refused = () =>
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line.includes("refused event") && line.includes(play));
  const before = refused().length;
  const claim = await learner.exec(
    play,
    "client",
    forgeText(["verify_enabled", "verify_fetched"]),
    "root",
  );
  expect(claim.out).toBe("claimed\n");
  await expect.poll(() => refused().length, LONG).toBeGreaterThanOrEqual(before + 2);
  expect(refused().some((line) => line.includes("verify_enabled"))).toBe(true);
  expect(await learner.tasks(play)).toMatchObject({ verify_enabled: 30, verify_fetched: 20 });

  // The real examiner is there again and the play can be solved.
  await learner.exec(play, "server", "sudo systemctl enable prices");
  await expect.poll(() => learner.tasks(play), LONG).toMatchObject({ verify_enabled: 40 });
  for (const one of plays)
    await one.learner.ask("mutation($p: ID!) { endPlay(id: $p) { id } }", { p: one.play });
});
