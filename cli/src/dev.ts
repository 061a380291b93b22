import { spawn } from "node:child_process";
import { showProblem } from "@agon/content/show-problem";
import { ArenaError, type Arena } from "./arena.ts";
import type { DevTarget } from "./dev-target.ts";
import { Folder, type Pushed } from "./folder.ts";
import { HeardWarnings } from "./heard-warnings.ts";
import { troubles, type LookedAt } from "./task-trouble.ts";
import { watchFolder } from "./watch-folder.ts";
import { bold, changeText, coloured, dim, green, red, sentence, yellow } from "./words.ts";

/** Milliseconds between two attempts to reach an arena that is away. */
const AGAIN = 1_000;
/** Milliseconds between two looks at the play. */
const LOOK = 2_000;
const HELP = `  ${bold("r")} fresh machines   ${bold("o")} open the page   ${bold("q")} end the play and quit   ${bold("?")} this help`;

interface Play {
  id: string;
  state: string;
  reason: string | null;
  /** One of its tasks failed; before it runs: it never gets ready. */
  failed: boolean;
  challenge: { name: string };
}

/** The author's loop: one folder, one play of it, and a page that follows every save. */
export class Dev {
  readonly #arena: Arena;
  readonly #folder: Folder;
  /** A link that signs a browser in, once; empty when the author does it. */
  #signIn: string;
  readonly #stop = new AbortController();
  #play = "";
  #state = "";
  #fresh = "";
  #saves: Promise<void> = Promise.resolve();
  /** Troubles of tasks that were told. */
  readonly #told = new Set<string>();
  readonly #heard = new HeardWarnings();

  /** @param target something with machines. */
  constructor(arena: Arena, { folder, name, part }: DevTarget, signIn: string) {
    this.#arena = arena;
    this.#folder = new Folder(folder, name, part);
    this.#signIn = signIn;
  }

  /** Runs until q, Ctrl-C or a signal; then the play is ended. */
  async run(): Promise<void> {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.once(name, () => this.#stop.abort());
    this.#say(`${bold(this.#folder.name)} ${dim(this.#folder.path)}`);
    const watched = await watchFolder(
      this.#folder.path,
      () => this.#save(),
      (error) => this.#say(red(String(error))),
    );
    const closeKeys = this.#keys();
    const look = setInterval(() => void this.#look().catch(() => undefined), LOOK);
    try {
      this.#save(true);
      await new Promise<void>((stopped) => {
        if (this.#stop.signal.aborted) return stopped();
        this.#stop.signal.addEventListener("abort", () => stopped(), { once: true });
      });
    } finally {
      clearInterval(look);
      closeKeys();
      await watched[Symbol.asyncDispose]();
      await this.#end();
    }
  }

  #say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Pushes the folder after the save before it, and tells what came of it. */
  #save(first = false): void {
    this.#saves = this.#saves.then(async () => {
      for (let told = false; !this.#stop.signal.aborted;) {
        const from = performance.now();
        try {
          const done = await this.#folder.push(this.#arena, first);
          if (!done) return;
          const ms = Math.round(performance.now() - from);
          // What waits for its host is told once, and again when it is there.
          if (!told || !done.pushed.late) this.#tell(done.pushed, done.changed, ms, first && !told);
          told = true;
          if (done.pushed.loaded && !this.#play) await this.#start();
          if (!done.pushed.late) return;
        } catch (error) {
          if (!(error instanceof ArenaError)) throw error;
          if (error.code !== "UNAVAILABLE") return this.#say(red(refused(error)));
          if (!told) this.#say(yellow(`${error.message}. Trying again until it does.`));
          told = true;
        }
        await new Promise((done) => setTimeout(done, AGAIN));
        first = true;
      }
    });
    this.#saves.catch((error: unknown) => {
      this.#say(red(`This save could not be read: ${(error as Error).message}`));
      this.#saves = Promise.resolve();
    });
  }

  #tell(pushed: Pushed, changed: string[], ms: number, first: boolean): void {
    if (!first) this.#say(changeText(pushed, changed, ms));
    const { news, old } = this.#heard.sort(pushed.problems);
    for (const problem of news) this.#say(showProblem(problem, problem.file, coloured));
    if (pushed.problems.some(({ code }) => code) && !this.#told.has("codes")) {
      this.#told.add("codes");
      this.#say(dim(`  What a code means: ${this.#arena.endpoint}/problems`));
    }
    const fresh = pushed.fresh.join("; ");
    if (fresh && fresh !== this.#fresh)
      this.#say(yellow(`  ${fresh}. Takes full effect in fresh machines: press r for them.`));
    const same = [
      old ? `${old} warning${old > 1 ? "s" : ""}` : "",
      fresh && fresh === this.#fresh ? "fresh machines wanted (r)" : "",
    ].filter(Boolean);
    if (same.length) this.#say(dim(`  as before: ${same.join(", ")}`));
    this.#fresh = fresh;
  }

  async #start(): Promise<void> {
    const { startPlay } = await this.#arena.ask<{ startPlay: { id: string } }>(
      "mutation($c: String!) { startPlay(challenge: $c) { id } }",
      { c: `draft:${this.#folder.name}` },
    );
    this.#play = startPlay.id;
    this.#state = "";
    this.#say(`\n  ${bold(this.#address)}`);
    if (this.#signIn)
      this.#say(dim(`  Not signed in there yet? Once: ${this.#signIn}&then=/plays/${this.#play}`));
    this.#say(`${HELP}\n`);
  }

  get #address(): string {
    return `${this.#arena.endpoint}/plays/${this.#play}`;
  }

  /** Follows the play: also when it was restarted or ended on its page. */
  async #look(): Promise<void> {
    if (!this.#play) return;
    const { play } = await this.#arena.ask<{ play: Play | null }>(
      "query($id: ID!) { play(id: $id) { id state reason failed challenge { name } } }",
      { id: this.#play },
    );
    if (play && !play.state.startsWith("DESTROY")) await this.#lookAtTasks().catch(() => undefined);
    const failed = play?.failed && play.state === "WARMING_UP";
    const state = play && (failed ? `failed: ${play.reason ?? ""}` : play.state);
    if (!state || state === this.#state) return;
    this.#state = state;
    if (failed)
      this.#say(
        red(
          `The play never gets ready: ${sentence(play.reason ?? "")} Its machines stay: look at them on the page, and press r for fresh ones.`,
        ),
      );
    else if (play.state === "RUNNING") this.#say(green("Machines are ready."));
    else if (play.state === "FAILED")
      this.#say(red(`The play failed: ${sentence(play.reason ?? "")} Press r for fresh machines.`));
    else if (play.state.startsWith("DESTROY")) {
      const { myPlays } = await this.#arena.ask<{ myPlays: Play[] }>(
        "{ myPlays(active: true) { id state challenge { name } } }",
      );
      const next = myPlays.find(
        (one) => one.challenge.name === play.challenge.name && !one.state.startsWith("DESTROY"),
      );
      if (next) {
        this.#play = next.id;
        this.#state = "";
        this.#say(`Restarted on its page: ${bold(this.#address)}`);
      } else {
        // Seen once more before it is believed: a restart takes a moment between end and start.
        if (play.state === "DESTROYING") this.#state = "";
        else this.#say(yellow("The play has ended. Press r for a new one."));
      }
    }
  }

  /** Tells, once each, of tasks that hang or hold up the play. */
  async #lookAtTasks(): Promise<void> {
    const play = this.#play;
    const { playTasks } = await this.#arena.ask<{ playTasks: string }>(
      "query($p: ID!) { playTasks(play: $p) }",
      { p: play },
    );
    for (const [what, text] of troubles(JSON.parse(playTasks) as LookedAt[], play)) {
      if (!this.#told.has(what)) this.#say(yellow(text));
      this.#told.add(what);
    }
  }

  async #restart(): Promise<void> {
    if (!this.#play) return this.#save(true);
    this.#say("Asking for fresh machines.");
    try {
      const { restartPlay } = await this.#arena.ask<{ restartPlay: { id: string } }>(
        "mutation($id: ID!) { restartPlay(id: $id) { id } }",
        { id: this.#play },
      );
      this.#play = restartPlay.id;
      this.#state = "";
      this.#fresh = "";
      this.#say(`  ${bold(this.#address)}`);
    } catch (error) {
      this.#say(red(refused(error as ArenaError)));
    }
  }

  #open(): void {
    if (!this.#play)
      return this.#say(yellow("There is no play yet: the folder has to load first."));
    const url = this.#signIn ? `${this.#signIn}&then=/plays/${this.#play}` : this.#address;
    // A sign-in link works once.
    this.#signIn = "";
    const command = process.platform === "darwin" ? "open" : "xdg-open";
    const child = spawn(command, [url], { stdio: "ignore", detached: true });
    child.on("error", () => this.#say(`No browser could be opened here. Open ${bold(url)}`));
    child.unref();
  }

  /** One key, one act. @returns how to give the terminal back. */
  #keys(): () => void {
    const { stdin } = process;
    const acts: Record<string, () => unknown> = {
      r: () => this.#restart(),
      o: () => this.#open(),
      q: () => this.#stop.abort(),
      "\u0003": () => this.#stop.abort(),
      "?": () => this.#say(HELP),
    };
    const pressed = (data: Buffer) => {
      for (const key of data.toString()) void acts[key]?.();
    };
    if (stdin.isTTY) stdin.setRawMode(true);
    stdin.on("data", pressed);
    return () => {
      stdin.off("data", pressed);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
    };
  }

  async #end(): Promise<void> {
    await this.#saves;
    if (!this.#play || this.#state === "DESTROYED") return;
    this.#say("Ending the play.");
    await this.#arena
      .ask("mutation($id: ID!) { endPlay(id: $id) { id } }", { id: this.#play })
      .catch((error: unknown) => this.#say(red(refused(error as ArenaError))));
  }
}

function refused(error: ArenaError): string {
  return `${error.message.replace(/\.$/, "")}. ${error.help}`.trim();
}
