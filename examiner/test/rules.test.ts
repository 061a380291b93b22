import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bashFunctions } from "../src/bash-functions.ts";
import { endLeftovers } from "../src/script.ts";
import { Rig, task } from "./rig.ts";

let it: Rig;
beforeEach(() => {
  it = new Rig();
});
afterEach(() => it.close());

const root = process.getuid?.() === 0;
/** Whether a process lives and is no zombie. */
const lives = (pid: string) =>
  existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
const author = (name: string) =>
  (JSON.parse(it.examiner.describe()) as Record<string, unknown>[]).find(
    (one) => one["name"] === name,
  )!;
/** A task that completes when `check`, run with bash, succeeds. */
const completesWhen = async (rest: Parameters<typeof task>[1]) => {
  it.start([task("a", rest)]);
  await it.until("a", 40);
};

/** One row for each rule of the content format's sections 5.1–5.9, 5.11 and 10.3: name, then what shows it. */
const rules: [rule: string, shown: () => Promise<void>][] = [
  [
    "5.1 a task is created, then running, then completed",
    async () => {
      it.start([task("a", { run: "true" })]);
      await it.until("a", 40);
      expect(it.states("a")).toEqual([10, 30, 40]);
    },
  ],
  [
    "5.1 a task with open needs is blocked, and says by whom",
    async () => {
      const gate = it.gate("a");
      it.start([task("a", { run: gate.script }), task("b", { needs: ["a"], run: "true" })]);
      expect(it.examiner.state("b")).toBe(20);
      expect(it.last("b")?.blockedBy).toEqual(["a"]);
      await gate.give("exit 0");
      await it.until("b", 40);
      expect(it.states("b")).toEqual([10, 20, 30, 40]);
    },
  ],
  [
    "5.1 a helper stays at 30, whatever its run returns",
    async () => {
      const gate = it.gate("h");
      it.start([task("h", { kind: "helper", run: gate.script })]);
      await gate.give("exit 0");
      await gate.give("exit 1");
      await gate.give("exit 0");
      expect(it.states("h")).toEqual([10, 30]);
    },
  ],
  [
    "5.1, 10.3/6 a non-zero run is no failure: the task stays at 30 and is tried again",
    async () => {
      const gate = it.gate("a");
      it.start([task("a", { run: gate.script })]);
      await gate.give("exit 7");
      await gate.give("exit 1");
      expect(it.examiner.state("a")).toBe(30);
      await gate.give("exit 0");
      await it.until("a", 40);
    },
  ],
  [
    "10.2 Q1 an init task that ends badly is tried again and tells how it ended, without its output",
    async () => {
      const gate = it.gate("i");
      it.start([
        task("i", { kind: "init", run: gate.script }),
        task("slow", { kind: "init", run: "echo secret; sleep 60", timeoutSeconds: 1 }),
        task("r", { run: "echo secret; exit 7" }),
      ]);
      const told = (name: string, words: string | undefined) =>
        expect.poll(() => it.last(name)?.trouble, { timeout: 60_000 }).toBe(words);
      await gate.give("echo secret; exit 7");
      await told("i", "ended with exit 7");
      // The same end again is no news.
      await gate.give("echo another secret; exit 7");
      await gate.give("echo secret; exit 3");
      await told("i", "ended with exit 3");
      await gate.give("exit 0");
      await it.until("i", 40);
      const all = it.changes.filter((one) => one.task === "i").map((one) => one.trouble);
      const ends = ["ended with exit 7", "ended with exit 3"];
      expect(all).toEqual([undefined, undefined, ...ends, undefined]);
      await told("slow", "ran out of time after 1 s");
      expect(it.last("r")?.trouble).toBeUndefined();
      expect(JSON.stringify(it.changes)).not.toContain("secret");
    },
  ],
  [
    "5.1, 10.3/5 35 is final: it never becomes 40",
    async () => {
      it.start([task("a", { failcheck: `[ ! -f ${it.path("bad")} ]`, run: "false" })]);
      await it.rounds("a", 1);
      writeFileSync(it.path("bad"), "");
      await it.until("a", 35);
      it.examiner.wake();
      it.stop();
      it.start([task("a", { run: "true" })]);
      expect(it.examiner.state("a")).toBe(35);
    },
  ],
  [
    "5.2, 10.3/5 40 is final: after the first success its scripts never run again, even if the world changes back",
    async () => {
      const open = it.gate("b");
      it.start([
        task("a", { run: `echo x >> ${it.path("ran")}; [ -f ${it.path("up")} ]` }),
        task("b", { run: open.script }),
      ]);
      writeFileSync(it.path("up"), "");
      await it.until("a", 40);
      const ran = it.lines("ran").length;
      it.examiner.wake();
      await open.give("exit 1");
      await open.give("exit 1");
      expect(it.lines("ran")).toHaveLength(ran);
      expect(it.examiner.state("a")).toBe(40);
    },
  ],
  [
    "5.2 opposite conditions are ordered by needs",
    async () => {
      const up = it.path("up");
      it.start([
        task("inactive", { run: `[ ! -f ${up} ] && [ -f ${it.path("look")} ]` }),
        task("active", { needs: ["inactive"], run: `[ -f ${up} ]` }),
      ]);
      await it.rounds("inactive", 1);
      writeFileSync(it.path("look"), "");
      await it.until("inactive", 40);
      await it.rounds("active", 1);
      writeFileSync(up, "");
      await it.until("active", 40);
    },
  ],
  [
    "5.3, 10.3/6 failcheck comes before run; not 0 ends the task, its outputs are the message, run never runs",
    async () => {
      const run = `touch ${it.path("ran")}`;
      it.start([task("a", { failcheck: "echo broken; echo worse >&2; exit 3", run })]);
      await it.until("a", 35);
      expect(it.last("a")?.failure).toBe("broken\nworse");
      expect(existsSync(it.path("ran"))).toBe(false);
    },
  ],
  [
    "5.3 run with 0 stores its outputs and exit code, and clears the hint",
    async () => {
      const run = `[ -f ${it.path("go")} ] && echo " out " && echo err >&2`;
      it.start([task("a", { run, hintcheck: "echo not yet", shareOutputs: true })]);
      await it.hint("a", "not yet");
      writeFileSync(it.path("go"), "");
      await it.until("a", 40);
      expect(it.last("a")).toMatchObject({ hint: "", state: 40 });
      expect(it.last("a")?.outputs).toMatchObject({ stdout: "out", stderr: "err", exitCode: 0 });
    },
  ],
  [
    "5.3 after an unsuccessful run hintcheck's two outputs replace the hint; empty output removes it",
    async () => {
      const gate = it.gate("hint");
      it.start([task("a", { hintcheck: gate.script })]);
      await gate.give("echo one; echo two >&2");
      await it.hint("a", "one\ntwo");
      await gate.give("echo three");
      await it.hint("a", "three");
      await gate.give("true");
      await it.hint("a", "");
    },
  ],
  [
    "5.3 the hint of a hintcheck that is not 0 counts, too",
    async () => {
      it.start([task("a", { hintcheck: "echo still; exit 4" })]);
      await it.hint("a", "still");
    },
  ],
  [
    "5.3 an unsuccessful run is kept as last run, for authors",
    async () => {
      it.start([task("a", { run: "echo out; echo err >&2; exit 6" })], { authorView: true });
      await it.looked("a");
      expect(author("a")).toMatchObject({ exitCode: 6, stdout: "out\n", stderr: "err\n" });
    },
  ],
  [
    "5.3 hintcheck sees the files that the run before it left",
    async () => {
      const why = it.path("why");
      const run = `rm -f ${why}; [ -f ${it.path("go")} ] || { echo "no go" > ${why}; false; }`;
      it.start([task("a", { run, hintcheck: `cat ${why}; rm -f ${why}` })]);
      await it.hint("a", "no go");
      writeFileSync(it.path("go"), "");
      await it.until("a", 40);
      expect(new Set(it.changes.map((one) => one.hint))).toEqual(new Set(["", "no go"]));
    },
  ],
  [
    "5.3 rounds of one task never overlap",
    async () => {
      const [lock, seen] = [it.path("lock"), it.path("overlap")];
      const gate = it.gate("a");
      const run = `mkdir ${lock} || touch ${seen}; ${gate.script.replace("eval", ":")}; rmdir ${lock}; false`;
      it.start([task("a", { run })]);
      for (let round = 0; round < 3; round++) {
        it.examiner.wake();
        await gate.give("x");
      }
      expect(existsSync(seen)).toBe(false);
    },
  ],
  [
    "5.3 ready tasks run in parallel, also on one machine",
    async () => {
      const [left, right] = [it.gate("left"), it.gate("right")];
      it.start([task("a", { run: left.script }), task("b", { run: right.script })]);
      // Each stands at its gate while the other one does.
      await right.give(`touch ${it.path("right")}; exit 0`);
      await it.until("b", 40);
      await left.give("exit 0");
      await it.until("a", 40);
    },
  ],
  [
    "5.3 each round is a fresh process: only files are kept",
    async () => {
      const run = `[ -z "$kept" ] || touch ${it.path("kept")}; export kept=1; echo $$ >> ${it.path("pids")}; false`;
      it.start([task("a", { run })]);
      await it.rounds("a", 3);
      expect(existsSync(it.path("kept"))).toBe(false);
      expect(new Set(it.lines("pids")).size).toBe(it.lines("pids").length);
    },
  ],
  [
    "5.3 with nobody there rounds are rare; they go on at once when somebody comes",
    async () => {
      it.start([task("a")], { attended: false });
      await it.looked("a");
      // The rig's idle pace is a minute, the limit of a wait: two rounds come only by the wake-up.
      it.examiner.attend(true);
      await it.rounds("a", 2);
    },
  ],
  [
    "5.4, 10.3/6 a timeout ends the whole process group and counts as unsuccessful, never as failed",
    async () => {
      const pid = it.path("pid");
      const run = `[ -f ${pid} ] && exit 0; sleep 300 & echo $! > ${pid}; wait`;
      it.start([task("a", { timeoutSeconds: 1, run })]);
      await it.until("a", 40);
      expect(lives(readFileSync(pid, "utf8").trim())).toBe(false);
    },
  ],
  [
    "5.4 what ignores TERM is killed after a short grace",
    async () => {
      const pid = it.path("pid");
      const run = `[ -f ${pid} ] && exit 0; trap '' TERM; echo $$ > ${pid}; while :; do sleep 300; done`;
      it.start([task("a", { timeoutSeconds: 1, run })]);
      await it.until("a", 40);
      expect(lives(readFileSync(pid, "utf8").trim())).toBe(false);
    },
  ],
  [
    "5.4, 10.3/6 a failcheck that times out is inconclusive: run goes on",
    async () => {
      await completesWhen({ timeoutSeconds: 1, failcheck: "sleep 300", run: "true" });
      expect(it.states("a")).toEqual([10, 30, 40]);
    },
  ],
  [
    "5.4 a hintcheck that times out gives no hint",
    async () => {
      it.start([task("a", { timeoutSeconds: 1, hintcheck: "echo half; sleep 300" })]);
      await it.rounds("a", 1);
      expect(it.changes.every((one) => one.hint === "")).toBe(true);
    },
  ],
  [
    "5.5 init tasks run as root",
    async () => {
      it.start([task("i", { kind: "init", run: "[ $(id -u) = 0 ]" })]);
      await it.until("i", 40);
    },
  ],
  [
    "5.5 an init task that fails is tried again, and regular tasks wait for it",
    async () => {
      const gate = it.gate("i");
      it.start([
        task("i", { kind: "init", run: gate.script }),
        task("a", { needs: ["i"], run: "true" }),
      ]);
      await gate.give("exit 1");
      await gate.give("exit 1");
      expect(it.examiner.state("a")).toBe(20);
      await gate.give("exit 0");
      await it.until("a", 40);
    },
  ],
  [
    "5.5 init tasks complete once a play: a restart runs none again",
    async () => {
      const tasks = [task("i", { kind: "init", run: `echo x >> ${it.path("ran")}` })];
      it.start(tasks);
      await it.until("i", 40);
      it.stop();
      it.start([...tasks, task("a", { run: "true" })]);
      await it.until("a", 40);
      expect(it.lines("ran")).toEqual(["x"]);
    },
  ],
  [
    "5.6, 10.3/6 when a task failed, the others are not evaluated any more",
    async () => {
      const gate = it.gate("b");
      it.start([
        task("b", { run: gate.script }),
        task("a", { failcheck: `[ ! -f ${it.path("bad")} ]` }),
      ]);
      writeFileSync(it.path("bad"), "");
      await it.until("a", 35);
      // A round that was under way may succeed: its success comes too late.
      await gate.give(`touch ${it.path("succeeded")}; exit 0`);
      it.examiner.wake();
      await it.exists("succeeded");
      // Until the round is over and nothing is looked at any more.
      await expect.poll(() => it.examiner.busy, { timeout: 60_000 }).toBe(false);
      expect(it.examiner.state("b")).toBe(30);
    },
  ],
  [
    "5.7 x(.input) is the last submitted input, in env and in scripts; none yet is the empty string",
    async () => {
      const check = '[ "$GIVEN" = "it is" ] && [ "x(.input)" = "it is" ]';
      it.start([
        task("a", {
          env: ["GIVEN=x(.input)"],
          failcheck: `[ -z "$GIVEN" ] && touch ${it.path("empty")}; true`,
          run: check,
        }),
      ]);
      await it.exists("empty");
      it.examiner.submit("a", Buffer.from("it is"));
      await it.until("a", 40);
    },
  ],
  [
    "5.7 x(.needs.T.…): stdout, stderr, exit_code, input and status of the successful run",
    async () => {
      it.start([
        task("need", { run: 'echo "  out"; echo err >&2; [ "x(.input)" = "in" ]' }),
        task("a", {
          needs: ["need"],
          env: ["OUT=x(.needs.need.stdout)"],
          run: '[ "$OUT/x(.needs.need.stderr)/x(.needs.need.exit_code)/x(.needs.need.input)/x(.needs.need.status)" = "out/err/0/in/completed" ]',
        }),
      ]);
      it.examiner.submit("need", Buffer.from("in"));
      await it.until("a", 40);
    },
  ],
  [
    "5.7 x(.vars.NAME): text with outputs of needed tasks, quoted in scripts and plain in env (2.3)",
    async () => {
      it.start([
        task("a", { run: "printf ' it\\047s $HOME '" }),
        task("b", {
          needs: ["a"],
          vars: { V: "<x(.needs.a.stdout)>" },
          env: ["E=x(.vars.V)", "N=x(.vars.OTHER)"],
          run: `printf '%s' "x(.vars.V)" > ${it.path("v")}; printf '%s' "$E $N" > ${it.path("e")}`,
        }),
      ]);
      await it.until("b", 40);
      expect(readFileSync(it.path("v"), "utf8")).toBe("<it's $HOME>");
      expect(readFileSync(it.path("e"), "utf8")).toBe("<it's $HOME> x(.vars.OTHER)");
    },
  ],
  [
    "5.7 a binding in env is an ordinary variable of all three scripts",
    async () => {
      it.start([
        task("need", { run: "echo word" }),
        task("a", {
          needs: ["need"],
          env: ["WORD=x(.needs.need.stdout)"],
          failcheck: '[ "$WORD" = word ]',
          run: `[ "$WORD" = word ] && [ -f ${it.path("go")} ]`,
          hintcheck: 'echo "hint $WORD"',
        }),
      ]);
      await it.hint("a", "hint word");
      writeFileSync(it.path("go"), "");
      await it.until("a", 40);
    },
  ],
  [
    '5.7 anything else stays untouched: index($0,"a"), max(1,2), x(y)',
    async () => {
      await completesWhen({
        run: `[ "$(echo bab | awk '{print index($0,"a")}')" = 2 ] && [ 'max(1,2) x(y) hex(.input)' = "max(1,2) x""(y) hex""(.input)" ]`,
      });
    },
  ],
  [
    "5.7 a learner's input can't leave the quotes around the placeholder",
    async () => {
      const bad = it.path("injected");
      const input = `"; touch ${bad}; $(touch ${bad}) \`touch ${bad}\` \\`;
      it.start([
        task("a", { env: ["I=x(.input)"], run: 'v="x(.input)"; [ -n "$v" ] && [ "$v" = "$I" ]' }),
      ]);
      it.examiner.submit("a", Buffer.from(input));
      await it.until("a", 40);
      expect(existsSync(bad)).toBe(false);
    },
  ],
  [
    "5.8 an input is stored as it is, and wakes the task",
    async () => {
      it.start([task("a", { run: `printf '%s' "x(.input)" > ${it.path("got")}` })], {
        attended: false,
      });
      // Unattended the next tick is a minute away: only the wake-up can do it.
      await it.looked("a");
      it.examiner.submit("a", Buffer.from(" two  words\tand a tab"));
      await it.until("a", 40);
      expect(readFileSync(it.path("got"), "utf8")).toBe(" two  words\tand a tab");
    },
  ],
  [
    "5.8 destination: parents are made, mode 0644, no newline, before the next round",
    async () => {
      const file = it.path("deep/er/answer");
      it.start([task("a", { destination: file, run: `[ "x(.input)" = "$(cat ${file})" ]` })]);
      it.examiner.submit("a", Buffer.from("right"));
      await it.until("a", 40);
      expect(readFileSync(file, "utf8")).toBe("right");
      expect(statSync(file).mode & 0o777).toBe(0o644);
    },
  ],
  [
    "5.8 a learner may submit again until the task is completed; the latest value wins",
    async () => {
      it.start([task("a", { run: '[ "x(.input)" = right ]', hintcheck: 'echo "no x(.input)"' })]);
      it.examiner.submit("a", Buffer.from("one"));
      await it.hint("a", "no one");
      it.examiner.submit("a", Buffer.from("two"));
      await it.hint("a", "no two");
      expect(it.examiner.submit("a", Buffer.from("right"))).toBe("");
      await it.until("a", 40);
      expect(it.examiner.submit("a", Buffer.from("late"))).toContain("completed already");
    },
  ],
  [
    "5.8 before the first input only failcheck runs: no hint before the first try",
    async () => {
      it.start([
        task("a", {
          failcheck: `echo f >> ${it.path("order")}`,
          run: `echo r >> ${it.path("order")}; [ "x(.input)" = right ]`,
          hintcheck: "echo wrong",
        }),
      ]);
      await it.rounds("a", 2);
      expect(new Set(it.lines("order"))).toEqual(new Set(["f"]));
      it.examiner.submit("a", Buffer.from("no"));
      await it.hint("a", "wrong");
    },
  ],
  [
    "5.8 a task that is fed by a file is looped normally",
    async () => {
      it.start([
        task("a", { destination: it.path("file"), run: `[ "$(cat ${it.path("file")})" = typed ]` }),
      ]);
      await it.rounds("a", 2);
      writeFileSync(it.path("file"), "typed\n");
      await it.until("a", 40);
    },
  ],
  [
    "5.8 oversized and NUL inputs and those of unknown tasks are refused with a reason",
    async () => {
      it.start([task("a")]);
      expect(it.examiner.submit("a", Buffer.alloc(4_097, "a"))).toContain("4096");
      expect(it.examiner.submit("a", Buffer.from("a\0b"))).toContain("NUL");
      expect(it.examiner.submit("zzz", Buffer.from("a"))).toContain("no task");
    },
  ],
  [
    "5.9 bash, with plain semantics: the last command decides, no -e, -u or pipefail",
    async () => completesWhen({ run: '[ -n "$BASH" ]; false; : $unset; false | true' }),
  ],
  [
    "5.9 standard input is empty",
    async () =>
      completesWhen({ run: '[ -z "$(cat)" ] && [ "$(readlink /proc/self/fd/0)" = /dev/null ]' }),
  ],
  [
    "5.9 user: HOME, USER and LOGNAME are that user's, and the directory is their home",
    async () => {
      await completesWhen({
        user: "daemon",
        run: '[ $(id -un) = daemon ] && [ "$USER/$LOGNAME" = daemon/daemon ] && [ "$HOME" = "$(getent passwd daemon | cut -d: -f6)" ] && [ "$(pwd -P)" = "$(readlink -f ~)" ]',
      });
    },
  ],
  [
    "5.9 without a user it is root, in root's home",
    async () => {
      await completesWhen({ run: '[ $(id -u) = 0 ] && [ "$HOME" = /root ] && [ "$PWD" = /root ]' });
    },
  ],
  [
    "5.9 an unknown user is a failed attempt with a clear message (V9)",
    async () => {
      it.start([task("a", { user: "no-such-user", run: "true" })], { authorView: true });
      await it.rounds("a", 1);
      expect(it.examiner.state("a")).toBe(30);
      expect(author("a")["stderr"]).toContain("There is no user no-such-user");
    },
  ],
  [
    "5.9 the environment is LAB_USER, PATH and env, and nothing of the daemon's",
    async () => {
      process.env["LEAK"] = "1";
      await completesWhen({
        env: ["A=b=c"],
        run: '[ "$A" = "b=c" ] && [ -z "$LEAK" ] && [ "$LAB_USER" = laborant ] && case ":$PATH:" in *:/usr/local/sbin:*) true;; *) false;; esac',
      });
    },
  ],
  [
    "5.9 the helper functions are there, in all three scripts",
    async () => {
      const names = [...bashFunctions.matchAll(/^(\w+)\(\)/gm)].map((match) => match[1]!);
      expect(names).toHaveLength(7 * 3 + 4 + 5);
      const all = `for f in ${names.join(" ")}; do [ "$(type -t $f)" = function ] || exit 9; done`;
      it.start([
        task("a", {
          failcheck: all,
          run: `${all}; [ -f ${it.path("go")} ]`,
          hintcheck: `(${all}) && echo all`,
        }),
      ]);
      await it.hint("a", "all");
      writeFileSync(it.path("go"), "");
      await it.until("a", 40);
    },
  ],
  [
    "5.9 stdout and stderr are kept apart, the last 64 KiB of each",
    async () => {
      const run = "head -c 200000 /dev/zero | tr '\\0' a; echo end; echo err >&2; exit 1";
      it.start([task("a", { run })], { authorView: true });
      await it.rounds("a", 1);
      const { stdout, stderr } = author("a") as { stdout: string; stderr: string };
      expect(stdout).toHaveLength(65_536);
      expect(stdout.endsWith("aend\n")).toBe(true);
      expect(stderr).toBe("err\n");
    },
  ],
  [
    "5.9 a background process of a script does not hold it up",
    async () => {
      await completesWhen({ run: `sleep 300 & echo $! > ${it.path("pid")}; true` });
      process.kill(Number(readFileSync(it.path("pid"), "utf8")), "SIGKILL");
    },
  ],
  [
    "5.10, 10.3/7 learners see no scripts, no env and no run output; authors do",
    async () => {
      const tasks = [task("a", { run: "echo secret-out", env: ["S=secret-env"] })];
      it.start(tasks);
      await it.until("a", 40);
      expect(JSON.stringify([it.examiner.get("a"), it.examiner.list()])).not.toContain("secret");
      expect(JSON.stringify(it.changes)).not.toContain("secret");
      it.stop();
      it.start(tasks, { authorView: true });
      expect(JSON.stringify(it.examiner.get("a"))).toMatch(/secret-out.*|secret-env/);
    },
  ],
  [
    "5.10 versions grow with each change, without a gap",
    async () => {
      it.start([task("a", { run: "true" }), task("b", { needs: ["a"], run: "true" })]);
      await it.until("b", 40);
      expect(it.changes.map((one) => one.version)).toEqual(it.changes.map((_, i) => i + 1));
    },
  ],
  [
    "5.11, 10.3/5 states, outputs and inputs survive a restart of the daemon; running tasks go on",
    async () => {
      const tasks = [
        task("a", { run: "echo word" }),
        task("b", {
          needs: ["a"],
          run: `[ "x(.input)/x(.needs.a.stdout)" = kept/word ] && [ -f ${it.path("go")} ]`,
        }),
      ];
      it.start(tasks);
      await it.until("a", 40);
      it.examiner.submit("b", Buffer.from("kept"));
      await it.until("b", 30);
      it.stop();
      writeFileSync(it.path("go"), "");
      it.start(tasks);
      await it.until("b", 40);
    },
  ],
  [
    "5.11 what hostd knows is replayed and never lowered; what it has not got is sent again",
    async () => {
      const tasks = [task("a", { run: "true" }), task("b")];
      it.start(tasks);
      await it.until("a", 40);
      it.stop();
      it.start(tasks, {
        known: [
          {
            task: "b",
            state: 40,
            outputs: undefined,
            hint: "",
            failure: "",
            blockedBy: [],
            generation: 0,
          },
        ],
      });
      expect(it.examiner.state("b")).toBe(40);
      expect(it.examiner.unacked.some((one) => one.task === "a" && one.state === 40)).toBe(true);
      it.examiner.ack(10_000);
      expect(it.examiner.unacked).toEqual([]);
    },
  ],
  [
    "5.11 a script that the stop interrupted counts as unsuccessful",
    async () => {
      const gate = it.gate("a");
      it.start([task("a", { run: gate.script, hintcheck: "echo hint" })]);
      await expect.poll(() => it.examiner.state("a")).toBe(30);
      it.stop();
      expect(it.examiner.state("a")).toBe(30);
      it.start([task("a", { run: "true" })]);
      await it.until("a", 40);
    },
  ],
  [
    "5.11, 10.3/5 kill -9 of the daemon: the script in the middle is ended by the next one, what ended ones left is not",
    async () => {
      const [left, middle] = [it.path("left"), it.path("middle")];
      it.start([
        task("a", { run: `sleep 300 & echo $! > ${left}; true` }),
        task("b", { run: `echo $$ > ${middle}; sleep 300` }),
      ]);
      await it.until("a", 40);
      await expect.poll(() => it.lines("middle").length, { timeout: 60_000 }).toBe(1);
      const [one, two] = [it.lines("left")[0]!, it.lines("middle")[0]!];
      endLeftovers(it.path("scripts"));
      await expect.poll(() => lives(two), { timeout: 60_000 }).toBe(false);
      expect(lives(one)).toBe(true);
      process.kill(Number(one), "SIGKILL");
    },
  ],
  [
    "10.3/4 a need on another machine opens by what hostd tells, with its outputs",
    async () => {
      it.start(
        [
          task("far", { machine: "other", run: "" }),
          task("b", { needs: ["far"], env: ["W=x(.needs.far.stdout)"], run: '[ "$W" = "it is" ]' }),
        ],
        { peers: [{ task: "far", state: 10, outputs: undefined, generation: 0 }] },
      );
      expect(it.examiner.state("b")).toBe(20);
      it.examiner.peer({
        task: "far",
        state: 40,
        outputs: { stdout: "it is\n", stderr: "", exitCode: 0, input: "" },
        generation: 0,
      });
      await it.until("b", 40);
    },
  ],
  [
    "10.3/4 outputs leave the machine only when another machine's template names them",
    async () => {
      it.start([
        task("a", { run: "echo told", shareOutputs: true }),
        task("b", { run: "echo no" }),
      ]);
      await it.until("a", 40);
      await it.until("b", 40);
      expect(it.last("a")?.outputs?.stdout).toBe("told");
      expect(it.last("b")?.outputs).toBeUndefined();
    },
  ],
  [
    "10.3/8 a wait ends with the final state of any task, also of another machine",
    async () => {
      it.start([task("far", { machine: "other", run: "" })], {
        peers: [{ task: "far", state: 30, outputs: undefined, generation: 0 }],
      });
      const waited = it.examiner.final("far", new AbortController().signal);
      it.examiner.peer({ task: "far", state: 40, outputs: undefined, generation: 0 });
      expect(await waited).toBe(40);
    },
  ],
];

/** Scripts run as other users only where this process may become them. */
const needsRoot = /^5\.5 init tasks run as root|^5\.9 (?:user: HOME|without a user)/;
for (const [rule, shown] of rules) test.skipIf(!root && needsRoot.test(rule))(rule, shown);
