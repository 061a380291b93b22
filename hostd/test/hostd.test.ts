import { networkInterfaces } from "node:os";
import { gzipSync } from "node:zlib";
import tar from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { credentials, type ClientDuplexStream } from "@grpc/grpc-js";
import {
  MachineChannelClient,
  type ExaminerCommand,
  type ExaminerMessage,
} from "@agon/protocol/machine";
import { until } from "@agon/testing/until";
import { hashOf, HostRig, machine, play, task, type Terminal } from "./host-rig.ts";

const rig = new HostRig();
let shell: Terminal;

/** A gzipped tar with one file of owner 1001. */
async function archive(name: string, text: string): Promise<Buffer> {
  const pack = tar.pack();
  pack.entry({ name, mode: 0o750, uid: 1001, gid: 1001 }, text);
  pack.finalize();
  const parts: Buffer[] = [];
  for await (const part of pack) parts.push(part as Buffer);
  return gzipSync(Buffer.concat(parts));
}

beforeAll(async () => {
  await rig.setUp();
  const two = [
    machine("client", "172.16.0.2/24", { welcome: "Welcome to Agon." }),
    machine("server", "172.16.0.3/24", {
      startupFiles: [
        {
          path: "/etc/motto",
          content: Buffer.from("begun\n"),
          owner: "laborant",
          mode: 0o640,
          append: false,
          extract: false,
          source: "",
        },
        {
          path: "/etc/motto",
          content: Buffer.from("added\n"),
          owner: "0:0",
          mode: 0o600,
          append: true,
          extract: false,
          source: "",
        },
        {
          path: "/srv/site",
          content: await archive("deep/run.sh", "#!/bin/sh\n"),
          owner: "",
          mode: 0o644,
          append: false,
          extract: true,
          source: "",
        },
      ],
    }),
    machine("vault", "", { noSsh: true }),
  ];
  const tasks = [
    task("init_server", "server", "echo sesame > /root/word; cat /root/word", {
      kind: "init",
      shareOutputs: true,
    }),
    task("verify_word", "client", 'test "$(cat /tmp/word)" = "x(.needs.init_server.stdout)"', {
      needs: ["init_server"],
      env: [],
    }),
    task("verify_variable", "client", '[ "x(.vars.WORD)" = "<sesame>" ]', {
      needs: ["init_server"],
      vars: { WORD: "<x(.needs.init_server.stdout)>" },
    }),
    task("init_left", "server", "sleep 86400 & echo $! > /run/left; true", { kind: "init" }),
    task("verify_after", "server", "true", { needs: ["verify_word"] }),
    task("verify_never", "server", "test -e /root/done"),
  ];
  await rig.call("startPlay", play("two-machines", two, tasks));
  // The same addresses again, at the same time.
  await rig.call("startPlay", play("same-subnet", [machine("client", "172.16.0.2/24")]));
  await until("both plays run", () =>
    ["two-machines", "same-subnet"].every((id) => {
      if (rig.playState(id) === "FAILED")
        throw new Error(`${id} failed: ${JSON.stringify(rig.events.at(-1))}`);
      return rig.playState(id) === "RUNNING";
    }),
  );
});

afterAll(() => rig.tearDown());

test("a play twice is started once", async () => {
  await rig.call("startPlay", play("same-subnet", [machine("client", "172.16.0.2/24")]));
  expect(rig.machineStates("same-subnet", "client")).toEqual(["CREATED", "STARTING", "RUNNING"]);
});

test("a task whose need is on another machine is completed with its output", async () => {
  expect(rig.stateOf("two-machines", "init_server")).toBe(40);
  await rig.exec("two-machines", "client", "echo sesame > /tmp/word");
  await until("the chain is completed", () => rig.stateOf("two-machines", "verify_after") === 40);
  expect(rig.stateOf("two-machines", "verify_word")).toBe(40);
  expect(rig.stateOf("two-machines", "verify_never")).toBeLessThan(40);
  expect(JSON.stringify(rig.events)).not.toContain("sesame");
});

test("10.3/8: an unprivileged user waits for a task of another machine", async () => {
  const { code, stdout, stderr } = await rig.exec(
    "two-machines",
    "client",
    "id -un; echo sesame > /tmp/word; examinerctl task wait verify_after --timeout 60s && echo seen; examinerctl task wait verify_never --timeout 1s; echo $?",
  );
  expect(`${stdout}${stderr}`).toMatch(/^laborant\n[^]*seen\n[^]*3\n/);
  expect(code).toBe(0);
});

test("events are numbered without a gap and come again from a cursor", async () => {
  expect(rig.events.map(({ n }) => n)).toEqual(rig.events.map((_, index) => index + 1));
  const before = rig.events.length;
  const all = rig.events.splice(2);
  rig.watch();
  await until("the rest came again", () => rig.events.length >= before);
  expect(rig.events.slice(2, before)).toEqual(all);
});

test("machines of a play see each other by name, and startup files are theirs", async () => {
  const { stdout, stderr } = await rig.exec(
    "two-machines",
    "server",
    "ping -c1 -W5 client.local >/dev/null && echo reached; hostname; cat /etc/motto; stat -c '%U %a' /etc/motto",
  );
  expect(stderr).toBe("");
  expect(stdout).toBe("reached\nserver\nbegun\nadded\nlaborant 640\n");
});

test("an archive is unpacked with its own owners; what is appended to keeps its own", async () => {
  const { stdout } = await rig.exec(
    "two-machines",
    "server",
    "stat -c '%u %a' /srv/site/deep/run.sh",
  );
  expect(stdout).toBe("1001 750\n");
});

test("a play variable reaches a script of another machine", async () => {
  await until("it is used", () => rig.stateOf("two-machines", "verify_variable") === 40);
});

test("every interactive bash tells of its prompt, beside the user's own PROMPT_COMMAND", async () => {
  const hooked = "echo hook=${PROMPT_COMMAND[99]}";
  const { stdout } = await rig.exec(
    "two-machines",
    "server",
    `for shell in "bash -i" "bash -li" "sudo bash -i"; do
       before=$(stat -c %y /run/agon/prompt)
       printf '%s\n' 'PROMPT_COMMAND="echo mine"' '${hooked}' | $shell 2>/dev/null
       [ "$before" != "$(stat -c %y /run/agon/prompt)" ] && echo written
     done`,
  );
  const lines = stdout.split("\n").filter((line) => /^(?:mine|hook=|written)/.test(line));
  for (const expected of ["mine", "hook=__agon_prompt", "written"])
    expect(lines.filter((line) => line === expected).length).toBeGreaterThanOrEqual(3);
});

test("kill -9 of the examiner leaves what init scripts put into the background", async () => {
  const { stdout } = await rig.exec(
    "two-machines",
    "server",
    `one=$(systemctl show -p MainPID --value examiner)
     sudo kill -9 "$one"
     until two=$(systemctl show -p MainPID --value examiner); [ "$two" != 0 ] && [ "$two" != "$one" ]; do read -rt 0.1 < <(tail -f /dev/null); done
     until examinerctl task ls 2>/dev/null | grep -q init_left; do read -rt 0.1 < <(tail -f /dev/null); done
     kill -0 "$(cat /run/left)" 2>&1 | grep -c permitted; cat "/proc/$(cat /run/left)/comm"`,
  );
  expect(stdout).toBe("1\nsleep\n");
});

test("a machine reaches neither the host nor the other play", async () => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address;
  const { stdout } = await rig.exec(
    "same-subnet",
    "client",
    `for a in 172.16.0.3 172.17.0.1 ${own ?? "10.0.0.1"} 1.1.1.1; do ping -c1 -W1 $a >/dev/null 2>&1 && echo "$a answers"; done; ip route show default; ip -br -4 addr show eth0 | tr -s ' '`,
  );
  expect(stdout.trim()).toMatch(
    /^default via 172\.16\.0\.1 dev eth0 \neth0@\S+ UP 172\.16\.0\.2\/24$/,
  );
});

test("an exec gives its exit code and both outputs", async () => {
  const result = await rig.exec("two-machines", "client", "echo out; echo err >&2; id -un; exit 7");
  expect(result).toEqual({ code: 7, stdout: "out\nlaborant\n", stderr: "err\n" });
});

test("a terminal echoes, and attaching again shows its screen", async () => {
  shell = await rig.terminal("two-machines", "client", { session: "tab-1" });
  await shell.opened;
  shell.write("echo one-$((20+22))\n");
  await until("the echo", () => shell.text.includes("one-42"));
  expect(shell.text).toContain("Welcome to Agon.");
  const again = await rig.terminal("two-machines", "client", { session: "tab-1" });
  await until("the screen", () => again.text.includes("one-42"));
  expect(await again.pid("again")).toBe(await shell.pid("first"));
  again.socket.close();
});

test("a noSSH machine gives no terminal, and a token works once", async () => {
  await expect(rig.terminal("two-machines", "vault")).rejects.toThrow(/no terminal/);
  const first = await rig.terminal("two-machines", "client", { session: "once" });
  await first.opened;
  const answer = await new Promise<string>((resolve) => {
    const second = new WebSocket(first.socket.url);
    second.onopen = () => resolve("opened");
    second.onerror = () => resolve("refused");
  });
  expect(answer).toBe("refused");
  first.write("exit\n");
  await until("the shell ends", () => first.exit === 0);
});

test("kill -9 of hostd: the same shell goes on, and no event is lost", async () => {
  const before = await shell.pid("before");
  const events = rig.events.length;
  await rig.kill();
  await rig.start();
  const after = await rig.terminal("two-machines", "client", { session: "tab-1" });
  await after.opened;
  expect(await after.pid("after")).toBe(before);
  expect(rig.machineStates("two-machines", "client")).toEqual(["CREATED", "STARTING", "RUNNING"]);
  await rig.exec("two-machines", "server", "sudo touch /root/done");
  await until(
    "verify_never is completed",
    () => rig.stateOf("two-machines", "verify_never") === 40,
  );
  expect(rig.events.length).toBeGreaterThan(events);
  expect(rig.events.map(({ n }) => n)).toEqual(rig.events.map((_, index) => index + 1));
  expect(new Set(rig.events.map(({ epoch }) => epoch)).size).toBe(1);
  after.socket.close();
});

test("a machine that is rebooted inside comes back with its disk and network", async () => {
  await rig.exec("two-machines", "server", "echo kept > ~/kept; sync; sudo systemctl reboot");
  const states = await until("it runs again", () => {
    const seen = rig.machineStates("two-machines", "server");
    return (
      seen.lastIndexOf("RUNNING") > seen.indexOf("REBOOTING") && seen.includes("REBOOTING") && seen
    );
  });
  expect(states).toEqual(["CREATED", "STARTING", "RUNNING", "REBOOTING", "RUNNING"]);
  const { stdout } = await rig.exec(
    "two-machines",
    "server",
    "cat ~/kept; ping -c1 -W5 172.16.0.2 >/dev/null && echo reached",
  );
  expect(stdout).toBe("kept\nreached\n");
});

test("forged events are refused: another machine's task, and one with open needs", async () => {
  const spec = play(
    "forged",
    [machine("left", "172.16.0.2/24"), machine("right", "172.16.0.3/24")],
    [
      task("verify_left", "left", "false"),
      task("verify_next", "left", "true", { needs: ["verify_left"] }),
      task("verify_right", "right", "false"),
    ],
  );
  await rig.call("startPlay", spec);
  await until("the play runs", () => rig.playState("forged") === "RUNNING");
  // Speaks on the socket of `left`, as root in that machine could.
  const socket = `unix:/run/${rig.prefix}/${hashOf("forged/left")}/hostd.sock`;
  const client = new MachineChannelClient(socket, credentials.createInsecure());
  const stream: ClientDuplexStream<ExaminerMessage, ExaminerCommand> = client.examiner();
  const commands: ExaminerCommand[] = [];
  stream.on("data", (command: ExaminerCommand) => commands.push(command));
  stream.on("error", () => undefined);
  stream.write({
    message: { $case: "hello", value: { version: "forged", configured: false, bootId: "" } },
  });
  const change = (name: string, state: number, version: number) =>
    stream.write({
      message: {
        $case: "taskChanged",
        value: {
          task: name,
          state,
          version,
          hint: "",
          failure: "",
          blockedBy: [],
          rounds: 1,
          atMs: Number.NaN,
          outputs: undefined,
          generation: 0,
        },
      },
    });
  change("verify_right", 40, 1);
  change("verify_next", 40, 2);
  change("no_such_task", 40, 3);
  change("verify_left", 33, 4);
  // A machine may lie about its own task: that is all it can do.
  change("verify_left", 40, 5);
  await until("the last one is answered", () =>
    commands.some(({ command }) => command?.$case === "ack" && command.value.version === 5),
  );
  await until("own task", () => rig.stateOf("forged", "verify_left") === 40);
  const configure = commands[0]?.command;
  expect(configure?.$case).toBe("configure");
  if (configure?.$case === "configure")
    expect(configure.value.tasks.find(({ name }) => name === "verify_right")?.run).toBe("");
  expect(rig.stateOf("forged", "verify_right")).toBeLessThan(40);
  expect(rig.output.match(/refused event/g)?.length).toBeGreaterThanOrEqual(4);
  stream.cancel();
  client.close();
});

test("V8: a task without a machine runs on each, and is completed when it is on all", async () => {
  const spec = play(
    "everywhere",
    [machine("left", "172.16.0.2/24"), machine("right", "172.16.0.3/24")],
    [
      task("init_all", "left", "touch /root/begun", { kind: "init", everywhere: true }),
      task("verify_all", "left", "[ -f /root/done ]", {
        needs: ["init_all"],
        everywhere: true,
        hintcheck: "echo there is no /root/done",
      }),
    ],
  );
  await rig.call("startPlay", spec);
  await until("the play runs", () => rig.playState("everywhere") === "RUNNING");
  const inside = async (name: string, text: string) =>
    (await rig.exec("everywhere", name, `sudo sh -c '${text}'`)).code;
  expect(await inside("right", "test -f /root/begun && touch /root/done")).toBe(0);
  expect(rig.stateOf("everywhere", "verify_all")).toBe(30);
  expect(await inside("left", "touch /root/done")).toBe(0);
  await until("both are done", () => rig.stateOf("everywhere", "verify_all") === 40);
  await rig.call("destroyPlay", { play: "everywhere" });
});

test("only api is served, and an older lease is refused", async () => {
  const other = rig.client("other");
  await expect(rig.call("capacity", {}, other)).rejects.toThrow(/only api/);
  other.close();
  const stale = rig.client("api");
  const error = await new Promise<Error>((resolve) =>
    stale
      .watch({ after: 0, leaseEpoch: 0 })
      .on("data", () => undefined)
      .on("error", resolve),
  );
  expect(error.message).toMatch(/newer lease/);
  stale.close();
});

test("a spec that can't run is refused with what to do", async () => {
  const spec = play("bad-image", [machine("m", "", { image: "windows" })]);
  await expect(rig.call("startPlay", spec)).rejects.toThrow(/no image windows; it has: debian-12/);
});

test("destroy leaves nothing", async () => {
  for (const id of ["two-machines", "same-subnet", "forged", "never-was"])
    await rig.call("destroyPlay", { play: id });
  await until("all is told", () => rig.playState("forged") === "DESTROYED");
  expect(rig.playState("two-machines")).toBe("DESTROYED");
  expect(await rig.left()).toBe("");
});
