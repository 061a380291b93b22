import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import type { TerminalsMessage } from "@agon/protocol/machine";
import type { OpenShell } from "../driver.ts";
import { MachineChannel } from "../machine-channel.ts";
import { GuestRelay } from "./guest-relay.ts";

/** What the daemons do to become warm. */
export interface Round {
  /** Questions to the examiner. */
  questions: number;
  /** What shells get, with the exit at the end; `exec` = without a terminal. */
  shells: { exec: boolean; user: string; input: string }[];
  /** Whose shell is open afterwards, with its prompt. */
  stays?: string | undefined;
}

/** Milliseconds of silence after which a shell that said something has told its prompt. */
const QUIET = 400;

/**
 * Run by the holder of terminals: waits until the system has booted, and has the commands in memory
 * that nearly everybody begins with.
 */
const FIRST = `command -v systemctl >/dev/null && timeout 60 systemctl is-system-running --wait
id; hostname; ls -la /; cat /etc/hostname; ip addr; ps aux; sudo -u root true; sleep 0.1
systemctl --no-pager --failed; grep -c . /etc/passwd; find /etc -maxdepth 1; date; sed -n 1p /etc/hosts
exit 0
`;

/** A shell from its beginning to its end, which leaves nothing in its history. */
const SHELL = { exec: false, user: "root", input: "history -c\nexit\n" };
/** Where there is no such user the shell ends at once, and does no harm. */
const LEARNERS_SHELL = { ...SHELL, user: "laborant" };

/** For a template: enough questions for the examiner's runtime to compile what answers them. */
const TEMPLATE_ROUND: Round = {
  questions: 60,
  shells: [{ exec: true, user: "root", input: FIRST }, SHELL, LEARNERS_SHELL],
};

/** For a machine of the pool: what an emulated processor must have seen once to do it fast. */
export const POOL_ROUND: Round = {
  questions: 2,
  shells: [LEARNERS_SHELL, LEARNERS_SHELL],
};

/**
 * Has the two daemons of a machine do once what learners will have them do: what is loaded and
 * compiled then is part of the snapshot. Nothing of it stays in the machine but the shell that is to stay.
 * @param folder for the channel's socket. @param there called once both daemons called. @returns the shell that stays. @throws Error when the daemons do not call within `ms`.
 */
export async function warmDaemons(
  folder: string,
  ports: { examiner: string; terminals: string },
  log: Logger,
  ms: number,
  there: () => void,
  round = TEMPLATE_ROUND,
): Promise<OpenShell | undefined> {
  const called = Promise.withResolvers<void>();
  const dialled = Promise.withResolvers<void>();
  const exits = new Set<string>();
  const staying = `${randomBytes(8).toString("hex")}~${randomBytes(4).toString("hex")}`;
  const said: Buffer[] = [];
  let saidAt = Infinity;
  const channel = new MachineChannel(
    folder,
    {
      configure: () => ({
        tasks: [],
        machine: "template",
        labUser: "",
        peers: [],
        attended: true,
        known: [],
        frozen: false,
        authorView: false,
      }),
      connected: called.resolve,
      taskChanged: () => Promise.resolve(),
      input: () => undefined,
      ready: () => undefined,
      terminalsConnected: dialled.resolve,
      terminalsMessage: (message: NonNullable<TerminalsMessage["message"]>) => {
        if (message.$case === "exit") exits.add(message.value.session);
        if (message.$case !== "output" || message.value.session !== staying) return;
        said.push(Buffer.from(message.value.data));
        saidAt = performance.now();
      },
    },
    log,
  );
  // Before its renewal every machine shows zeros.
  const nobody = Buffer.alloc(32);
  const relays: GuestRelay[] = [];
  try {
    await channel.listen();
    channel.open();
    const target = `${folder}/hostd.sock`;
    relays.push(new GuestRelay(ports.examiner, target, nobody, log));
    relays.push(new GuestRelay(ports.terminals, target, nobody, log));
    const late = new AbortController();
    await Promise.race([
      Promise.all([called.promise, dialled.promise]),
      pause(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error(`the daemons did not call home within ${Math.round(ms / 1_000)} s`);
      }),
    ]);
    late.abort();
    there();
    for (let asked = 0; asked < round.questions; asked++) await channel.describe();
    for (const { exec, user, input } of round.shells) {
      const session = `warm~${randomBytes(4).toString("hex")}`;
      channel.tellTerminals({
        $case: "open",
        value: { session, exec, user, rows: 24, cols: 80 },
      });
      channel.tellTerminals({
        $case: "input",
        value: { session, data: Buffer.from(input), eof: exec },
      });
      const end = performance.now() + ms;
      while (!exits.has(session)) {
        if (performance.now() > end) throw new Error("a shell did not end");
        await pause(20);
      }
      // Else it would be told of as one of the machine's for a while.
      channel.tellTerminals({ $case: "close", value: { session } });
    }
    const user = round.stays;
    if (!user) return undefined;
    channel.tellTerminals({
      $case: "open",
      value: { session: staying, exec: false, user, rows: 24, cols: 80 },
    });
    const end = performance.now() + ms;
    while (performance.now() < saidAt + QUIET) {
      if (exits.has(staying)) throw new Error(`a shell of ${user} ended at once`);
      if (performance.now() > end) throw new Error(`a shell of ${user} showed no prompt`);
      await pause(20);
    }
    return { key: staying, user, written: Buffer.concat(said) };
  } finally {
    for (const relay of relays) relay.close();
    channel.close();
  }
}
