import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "@agon/daemon/log";
import type { StartPlayRequest, HostEvent, MachineStats } from "@agon/protocol/host";
import { TaskState } from "@agon/protocol/task-state";
import { Attendance } from "./attendance.ts";
import { BootClock, type MachineReboots } from "./boot-times.ts";
import { CheckpointBook } from "./checkpoints.ts";
import { StartImpossible, type MachinePlace, type Tell } from "./driver.ts";
import type { Drivers } from "./drivers.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { Journal } from "./journal.ts";
import { MachineChannel } from "./machine-channel.ts";
import { PlayCopies } from "./play-copies.ts";
import { copiedRecord, freshRecord, PlayFolder } from "./play-folder.ts";
import { PlayPorts } from "./play-ports.ts";
import { placesOf, type PlayRecord } from "./play-record.ts";
import { PlayTasks } from "./play-tasks.ts";
import { atRest, mayFollow } from "./play-state.ts";
import { Refusal } from "./refusal.ts";
import { peerKeys } from "./peer-ssh.ts";
import type { RegistryCertificates } from "./play-registry/certificates.ts";
import type { FetchRules } from "./sources/fetch-file.ts";
import { dropSources, withSources } from "./sources/startup-sources.ts";
import { TaskLedger } from "./task-ledger.ts";
import { MachineTerminals } from "./terminals.ts";
import { Turn } from "./turn.ts";

/** Milliseconds until init tasks must be completed. */
const WARM_UP = 15 * 60_000;
/** Starts of a machine that may fail one after the other. */
const START_ATTEMPTS = 8;
/** Sentences about the progress of a machine's start at most. */
const PROGRESS = 30;

/** What plays need of their host. */
export interface PlayHost {
  drivers: Drivers;
  journal: Journal;
  log: Logger;
  /** Folder of all plays' states. */
  folder: string;
  /** What machines trust their registries by; undefined = plays have none. */
  registry: RegistryCertificates | undefined;
  /** Short folder for sockets: their paths are bounded to 108 bytes. */
  socketFolder: string;
  /** Where startup files may be fetched from. */
  sources: FetchRules;
  /** Checkpoints that a play keeps at most. */
  checkpoints: number;
}

/** A machine of a play with its channel and terminals. */
interface Member {
  place: MachinePlace;
  channel: MachineChannel;
  terminals: MachineTerminals;
  /** Started and plugged, and not known to have ended. */
  up: boolean;
  /** Nothing keeps it running any more. */
  left: boolean;
}

/** One play: keeps its machines running, judges what they report, and stores it. */
export class Play {
  readonly id: string;
  readonly spec: StartPlayRequest;
  readonly #host: PlayHost;
  readonly #log: Logger;
  readonly #folder: PlayFolder;
  readonly #record: PlayRecord;
  readonly #ledger: TaskLedger;
  readonly #members = new Map<string, Member>();
  readonly #running: Promise<void>[] = [];
  #stopped = false;
  /** Ends what it waits for when it is let go of. */
  readonly #gone = new AbortController();
  readonly #attendance: Attendance;
  #warmUpTimer: NodeJS.Timeout | undefined;
  #destroying: Promise<void> | undefined;
  /** Bringing the machines to rest; they end, and nobody starts them. */
  #resting: Promise<void> | undefined;
  /** Copies and stops: one at a time. */
  readonly #turn = new Turn();
  readonly #book: CheckpointBook;
  readonly #idle: IdleWatch;
  readonly #boots = new BootClock();
  /** Copies of the machines. */
  readonly copies: PlayCopies;
  readonly tasks: PlayTasks;
  readonly ports: PlayPorts;

  private constructor(host: PlayHost, spec: StartPlayRequest, record: PlayRecord) {
    this.id = spec.play;
    this.spec = spec;
    this.#host = host;
    this.#log = host.log.child({ play: spec.play });
    this.#folder = new PlayFolder(host.folder, spec.play);
    this.#record = record;
    this.#ledger = new TaskLedger(
      spec.tasks,
      spec.machines.map(({ name }) => name),
      record.tasks,
    );
    this.#attendance = new Attendance(
      spec.keepAttended,
      () => this.openTerminals > 0,
      (attended) => {
        for (const { channel } of this.#members.values())
          channel.tell({ $case: "attended", value: { attended } });
      },
    );
    this.#book = new CheckpointBook(this.#folder.path);
    this.#idle = new IdleWatch(spec.idleSeconds * 1_000, record.idle ?? false, (stopsAtMs) => {
      this.#record.idle = stopsAtMs > 0;
      void this.#append({ $case: "idle", value: { stopsAtMs } }).catch((error: unknown) =>
        this.#log.warn({ err: error }, "idle time could not be told"),
      );
    });
    this.copies = new PlayCopies(
      {
        drivers: host.drivers,
        log: this.#log,
        record,
        book: this.#book,
        turn: this.#turn,
        places: () => this.#places,
        down: () => [...this.#members].find(([, { up }]) => !up)?.[0],
        over: () => this.#over || this.#ledger.frozen,
        append: (event) => this.#append(event),
      },
      spec.armed ? host.checkpoints : 0,
    );
    this.tasks = new PlayTasks({
      spec,
      record,
      ledger: this.#ledger,
      members: this.#members,
      log: this.#log,
      attended: () => this.#attendance.attended,
      stopped: () => this.#stopped,
      save: () => this.#save(),
      saveSpec: () => this.#folder.saveSpec(spec),
      append: (event) => this.#journal(event),
      touch: () => this.#idle.touch(),
      completed: (task) => this.copies.soon(task),
      settled: () => this.#checkWarm(),
    });
    this.ports = new PlayPorts({
      record,
      drivers: host.drivers,
      members: this.#members,
      stopped: () => this.#stopped,
      save: () => this.#save(),
    });
    const peers = spec.machines.length > 1 ? peerKeys(this.#folder.path) : undefined;
    for (const place of placesOf(spec, host)) {
      place.peers = peers;
      const name = place.machine.name;
      const log = this.#log.child({ machine: name });
      const channel: MachineChannel = new MachineChannel(
        place.socketDir,
        {
          configure: () => this.tasks.configure(name),
          connected: () => void this.#calledHome(name),
          taskChanged: (changed) => this.tasks.changed(name, changed),
          input: ({ task, value }) => this.tasks.forward(name, task, Buffer.from(value)),
          ready: () => void this.#ready(name),
          terminalsConnected: () => undefined,
          terminalsMessage: (message) => {
            terminals.message(message);
            if (message.$case === "hello") this.#prepareTerminal(name);
          },
        },
        log,
      );
      const terminals: MachineTerminals = new MachineTerminals(
        name,
        (command) => {
          if (command.$case === "input") this.#idle.touch();
          return channel.tellTerminals(command);
        },
        () => this.#attendance.look(),
      );
      this.#members.set(name, { place, channel, terminals, up: false, left: true });
    }
  }

  /** A new play: on disk before anything of it is made. */
  static create(host: PlayHost, spec: StartPlayRequest): Play {
    const record = freshRecord(spec);
    new PlayFolder(host.folder, spec.play).create(spec, record);
    return new Play(host, spec, record);
  }

  /**
   * A new play from a copy of another one: the copy is on disk before the play is.
   * @throws Refusal when the other one can't be copied now.
   */
  static async fork(
    host: PlayHost,
    spec: StartPlayRequest,
    source: Play,
    checkpoint: string,
  ): Promise<Play> {
    let copied: Awaited<ReturnType<PlayCopies["to"]>>;
    try {
      copied = await source.copies.to(placesOf(spec, host), checkpoint);
    } catch (error) {
      await host.drivers.destroy(spec.play);
      throw error;
    }
    const folder = new PlayFolder(host.folder, spec.play);
    const record = copiedRecord(folder, spec, copied, source.id, checkpoint);
    folder.create(spec, record);
    return new Play(host, spec, record);
  }

  /** A play of an earlier hostd, or undefined when its folder is not complete: then nothing was made of it. */
  static load(host: PlayHost, play: string): Play | undefined {
    const stored = new PlayFolder(host.folder, play).read();
    if (!stored) return undefined;
    const loaded = new Play(host, stored.spec, stored.record);
    // What the journal has and a crash kept from the state.
    for (const { play: owner, event, epoch, n } of host.journal.events) {
      if (owner !== play) continue;
      stored.record.last = { epoch, n };
      if (event?.$case === "task" && event.value.changed) loaded.#ledger.apply(event.value.changed);
    }
    return loaded;
  }

  get state(): string {
    return this.#record.state;
  }

  /** The play was being destroyed when hostd ended. */
  get ending(): boolean {
    return this.#record.ending;
  }

  /** Machines are kept and do not run, or are being stopped. */
  get atRest(): boolean {
    return atRest(this.#record.state);
  }

  #save(): void {
    this.#folder.save(this.#record);
  }

  async #journal(event: NonNullable<HostEvent["event"]>): Promise<void> {
    const { epoch, n } = await this.#host.journal.append(this.id, event);
    this.#record.last = { epoch, n };
  }

  async #append(event: NonNullable<HostEvent["event"]>): Promise<void> {
    await this.#journal(event);
    this.#save();
  }

  /** Startup files that were fetched and are not in all machines yet. */
  get #sources(): string {
    return join(this.#folder.path, "sources");
  }

  get #places(): MachinePlace[] {
    return [...this.#members.values()].map(({ place }) => place);
  }

  /** Listens on the machines' sockets, then starts or adopts the machines; those of a stopped play stay as they are. */
  async begin(): Promise<void> {
    if (this.#record.dead) return this.#bury();
    if (this.#record.state === "STOPPED") return this.stop("the play is paused");
    const checkpoints = this.#record.checkpoints ?? [];
    await this.copies.tidy();
    if (this.#record.state === "STOPPING") {
      // A kill may have come before it was told.
      const reason = this.#record.rest?.reason ?? "";
      await this.#append({ $case: "state", value: { state: "STOPPING", reason } });
      return this.#toRest();
    }
    for (const { channel } of this.#members.values()) await channel.listen();
    if (this.#record.forked && this.#record.state === "") {
      const tasks = Object.values(this.#record.tasks).map((task) => ({
        ...task,
        outputs: undefined,
        blockedBy: this.#ledger.openNeeds(task),
      }));
      await this.#append({ $case: "forked", value: { ...this.#record.forked, tasks } });
      for (const { id, task } of checkpoints)
        await this.#append({ $case: "checkpoint", value: { id, task, dropped: [], missed: "" } });
    }
    if (this.#record.state === "") await this.#setState("CREATED", "");
    await this.tasks.tellGraph();
    const since = this.#record.restartedAt ?? this.#record.startedAt;
    const warm = since + WARM_UP - Date.now();
    if (!["RUNNING", "FAILED"].includes(this.#record.state) && !this.#initFailed())
      this.#warmUpTimer = setTimeout(() => this.#tooSlow(), Math.max(0, warm));
    const fresh = [...this.#members].filter(([name]) => !this.#record.machines[name]!.prepared);
    this.#host.drivers.reserve(fresh.map(([, { place }]) => place));
    for (const [, { place, terminals }] of fresh) {
      const waits = this.#host.drivers.find(place.machine)?.waitingShell?.(place);
      if (waits?.fits && this.#opensAhead(place)) terminals.adopt(waits.shell);
      else if (waits) terminals.refuse(waits.shell.key);
    }
    if (this.#record.state === "WARMING_UP" && this.#initFailed()) this.#idle.watch();
    if (this.#record.state === "RUNNING") {
      this.#idle.watch();
      // An earlier hostd may have kept them.
      dropSources(this.#sources);
    }
    for (const [name, member] of this.#members) {
      member.left = false;
      this.#running.push(this.#keep(name, member).finally(() => (member.left = true)));
    }
  }

  /**
   * Stops the machines and keeps them; returns once that is on disk, and goes on by itself.
   * @param memory running programs go on afterwards, where the backend can.
   * @throws Refusal unless the play runs.
   */
  async pause(memory: boolean): Promise<void> {
    const { state } = this.#record;
    if (atRest(state)) return;
    if (state !== "RUNNING" || this.#record.ending)
      throw new Refusal("later", `the play is ${state || "new"}: only a running one can be paused`);
    await this.#pause({ memory, reason: "" });
  }

  async #pause(rest: { memory: boolean; reason: string }): Promise<void> {
    this.#record.rest = rest;
    await this.#setState("STOPPING", rest.reason);
    this.#toRest();
  }

  /** Starts a stopped play again: what loads it anew begins with its machines. */
  async wake(): Promise<void> {
    this.#record.restartedAt = Date.now();
    await this.#setState("STARTING", "");
  }

  #toRest(): void {
    this.#idle.stop();
    clearTimeout(this.#warmUpTimer);
    this.#resting ??= this.#turn.take(() => this.#rest());
  }

  async #rest(): Promise<void> {
    const { memory, reason } = this.#record.rest ?? { memory: false, reason: "" };
    const members = [...this.#members.values()];
    // A start under way ends first; nothing starts after it.
    while (!this.#stopped && members.some(({ up, left }) => !up && !left)) await pause(50);
    for (let failures = 0; !this.#stopped; failures++) {
      try {
        await this.#host.drivers.suspend(this.#places, memory);
        break;
      } catch (error) {
        if (this.#stopped) return;
        this.#log.error({ err: error, failures }, "machines could not be stopped; trying again");
        await pause(Math.min(500 * 2 ** failures, 30_000));
      }
    }
    if (this.#stopped) return;
    await Promise.all(this.#running);
    for (const name of this.#members.keys()) await this.#machineState(name, "STOPPED", "");
    this.stop("the play is paused");
    delete this.#record.rest;
    delete this.#record.idle;
    await this.#setState("STOPPED", reason);
  }

  /** Prepares a machine once, then keeps it running until the play ends. */
  async #keep(name: string, member: Member): Promise<void> {
    const record = this.#record.machines[name]!;
    const tell = this.#progress(name);
    try {
      const driver = this.#host.drivers.find(member.place.machine);
      if (!driver) throw new Error(`this host has no backend ${member.place.machine.backend}`);
      member.place.machine = await withSources(
        member.place.machine,
        this.#sources,
        !record.prepared,
        this.#host.sources,
        tell,
        this.#gone.signal,
      );
      if (!record.prepared) {
        if (record.state === "") await this.#machineState(name, "CREATED", "");
        await driver.prepare(member.place, tell);
        record.prepared = true;
        this.#save();
      }
      if (record.state === "CREATED" || record.state === "STOPPED")
        await this.#machineState(name, "STARTING", "");
      member.terminals.machineState(record.state);
      if (record.firstMs === undefined && record.state === "STARTING")
        this.#boots.begins(name, false);
      for (let failures = 0; !this.#over;) {
        try {
          await driver.start(member.place, tell);
          failures = 0;
        } catch (error) {
          if (this.#over) return;
          if (error instanceof StartImpossible || ++failures >= START_ATTEMPTS) throw error;
          this.#log.warn({ err: error, machine: name, failures }, "machine did not start");
          await pause(Math.min(250 * 2 ** failures, 4_000));
          continue;
        }
        member.up = true;
        member.channel.open();
        if (this.#record.state === "CREATED") await this.#setState("WARMING_UP", "");
        await driver.ended(member.place);
        if (this.#stopped) return;
        member.up = false;
        if (this.#resting) return;
        member.channel.hold();
        this.#boots.begins(name, true);
        await this.#machineState(name, "REBOOTING", "");
        await pause(200);
      }
    } catch (error) {
      if (this.#over) return;
      this.#log.error({ err: error, machine: name }, "machine failed");
      const why = `machine ${name}: ${(error as Error).message}`.slice(0, 1_000);
      if (await this.#backToRest(why)) return;
      await this.#machineState(name, "FAILED", why);
      await this.#setState("FAILED", why);
    }
  }

  /** Nothing is started any more. */
  get #over(): boolean {
    return this.#stopped || this.#resting !== undefined;
  }

  /** A play that does not come back keeps what it had. @returns false when it was not coming back. */
  async #backToRest(why: string): Promise<boolean> {
    if (this.#record.state !== "STARTING") return false;
    await this.#pause({ memory: false, reason: why });
    return true;
  }

  async #setState(state: string, reason: string): Promise<void> {
    if (!mayFollow(this.#record.state, state)) return;
    this.#record.state = state;
    if (state === "RUNNING" || state === "FAILED") clearTimeout(this.#warmUpTimer);
    if (state === "RUNNING") {
      this.#idle.watch();
      dropSources(this.#sources);
    }
    // What hostd is about to do stands in its own record first: it does it after a kill, too.
    if (state === "STOPPING" || state === "STARTING") this.#save();
    await this.#append({ $case: "state", value: { state, reason } });
  }

  async #machineState(name: string, state: string, message: string): Promise<void> {
    const record = this.#record.machines[name]!;
    if (record.state === state) return;
    record.state = state;
    if (state !== "RUNNING") delete record.ready;
    this.#members.get(name)?.terminals.machineState(state);
    await this.#append({ $case: "machine", value: { machine: name, state, message } });
  }

  /** Tells what a machine waits for, as long as it did not start; each sentence is an event, so they are few. */
  #progress(machine: string): Tell {
    let left = PROGRESS;
    let last = "";
    return (message) => {
      const { state } = this.#record.machines[machine]!;
      if (message === last || left === 0 || this.#stopped) return;
      last = message;
      left--;
      void this.#host.journal.append(this.id, {
        $case: "machine",
        value: { machine, state, message },
      });
    };
  }

  async #calledHome(name: string): Promise<void> {
    const times = this.#record.machines[name]!;
    const ms = this.#boots.answered(name, times);
    if (ms !== undefined)
      this.#log.info({ machine: name, ms, coldBootMs: this.#coldBoot(name) }, "machine rebooted");
    if (this.#members.get(name)?.up && this.#record.machines[name]?.state !== "FAILED")
      await this.#machineState(name, "RUNNING", "");
    await this.#checkWarm();
  }

  /** What a cold boot of a machine takes: its template's, where the backend has none its own first start. */
  #coldBoot(name: string): number {
    const { place } = this.#members.get(name)!;
    const driver = this.#host.drivers.find(place.machine);
    return driver?.coldBootMs?.(place) ?? this.#record.machines[name]!.firstMs ?? 0;
  }

  /** Condition Ready of a machine becomes True; told once for each of its starts. */
  async #ready(name: string): Promise<void> {
    const record = this.#record.machines[name]!;
    if (record.ready || record.state !== "RUNNING" || this.#over) return;
    record.ready = true;
    await this.#append({ $case: "ready", value: { machine: name } });
  }

  /** A learner's first terminal is open before they ask, unless something is still to be prepared for it. */
  #prepareTerminal(name: string): void {
    const { place, terminals } = this.#members.get(name)!;
    // Of the first machine: pages show its tab first.
    if (place.index === 0 && this.#opensAhead(place))
      terminals.prepare(place.machine.defaultUser || "root");
  }

  /** Whether a shell may begin before anybody asks for one. */
  #opensAhead({ machine }: MachinePlace): boolean {
    return !machine.noSsh && !this.spec.keepAttended && this.#ledger.init(() => true) === undefined;
  }

  #initFailed(): boolean {
    return this.#ledger.init((state) => state === TaskState.failed) !== undefined;
  }

  /** The play runs once every examiner called home and every init task is completed. */
  async #checkWarm(): Promise<void> {
    if (this.#over || !["WARMING_UP", "STARTING"].includes(this.#record.state)) return;
    // It never gets ready then. Its machines stay until it is restarted, its time is over (spec 5.6), or nobody
    // looks at them: somebody may want to see why.
    if (this.#record.state === "WARMING_UP" && this.#initFailed()) {
      clearTimeout(this.#warmUpTimer);
      return this.#idle.watch();
    }
    // One that comes back from a pause was ready before.
    const open = this.#ledger.init(
      (state) => state !== TaskState.completed && state !== TaskState.failed,
    );
    const up = Object.values(this.#record.machines).every(({ state }) => state === "RUNNING");
    if (!open && up) await this.#setState("RUNNING", "");
  }

  /** Ends the play as failed and removes its machines at once; it is told of until it is destroyed. */
  async fail(reason: string): Promise<void> {
    if (this.#record.dead || this.#record.ending) return;
    await this.#setState("FAILED", reason.slice(0, 1_000));
    this.#record.dead = true;
    this.#save();
    await this.#bury();
  }

  async #bury(): Promise<void> {
    this.stop("the play failed");
    await this.#host.drivers.destroy(this.id);
  }

  /** Terminals that are open now. */
  get openTerminals(): number {
    let open = 0;
    for (const { terminals } of this.#members.values()) open += terminals.open;
    return open;
  }

  /** How often running machines rebooted, and how long that took; those that never did are not told of. */
  get reboots(): MachineReboots[] {
    return [...this.#members].flatMap(([machine, { up }]) => {
      const { reboots, rebootMs = 0 } = this.#record.machines[machine]!;
      if (!up || this.#stopped || !reboots) return [];
      return { play: this.id, machine, reboots, rebootMs, coldBootMs: this.#coldBoot(machine) };
    });
  }

  /** What each running machine uses now. */
  async usage(): Promise<MachineStats[]> {
    const running = [...this.#members].filter(([, member]) => member.up && !this.#stopped);
    return Promise.all(
      running.map(async ([machine, { place }]) => ({
        machine,
        ...(await this.#host.drivers.find(place.machine)!.usage(place)),
        ready: this.#record.machines[machine]!.ready ?? false,
        reboots: this.#record.machines[machine]!.reboots ?? 0,
        rebootMs: this.#record.machines[machine]!.rebootMs ?? 0,
        coldBootMs: this.#coldBoot(machine),
      })),
    );
  }

  #tooSlow(): void {
    const stuck = this.#ledger.init((state) => state !== TaskState.completed);
    const silent = Object.entries(this.#record.machines).find(
      ([, { state }]) => state !== "RUNNING",
    );
    const why = silent
      ? `machine ${silent[0]} did not come up`
      : `init task ${stuck?.name ?? ""} was not completed`;
    const last = (!silent && stuck && this.#ledger.trouble(stuck.name)) || "";
    const whole = `${why} within ${WARM_UP / 60_000} minutes${last && `: it ${last}`}`;
    void this.#backToRest(whole).then(async (back) => {
      if (!back) await this.#setState("FAILED", whole);
    });
  }

  /** Somebody is there, though no terminal says so. */
  touch(): void {
    this.#idle.touch();
  }

  /** Terminals of a machine; undefined when the play has no such machine or it gives no terminal. */
  terminals(machine: string): MachineTerminals | undefined {
    const member = this.#members.get(machine);
    return member && !member.place.machine.noSsh && !this.#stopped ? member.terminals : undefined;
  }

  /** Ends the play and removes everything of it. Twice is the same as once. */
  destroy(): Promise<void> {
    this.#destroying ??= this.#destroy().catch((error: unknown) => {
      this.#destroying = undefined;
      throw error;
    });
    return this.#destroying;
  }

  async #destroy(): Promise<void> {
    this.#record.ending = true;
    this.#save();
    this.stop("the play ended");
    // A preparation under way would leave a machine behind.
    const preparing = Promise.allSettled([
      ...this.#running,
      this.#resting,
      this.#turn.take(async () => {}),
    ]);
    do {
      await this.#host.drivers.destroy(this.id);
    } while ((await Promise.race([preparing, pause(200, "more")])) === "more");
    await this.#host.drivers.destroy(this.id);
    for (const { channel } of this.#members.values()) channel.remove();
    await this.#host.journal.append(this.id, {
      $case: "state",
      value: { state: "DESTROYED", reason: "" },
    });
    rmSync(this.#folder.path, { recursive: true, force: true });
  }

  /** Lets go of the machines; they run on. */
  stop(reason: string): void {
    this.#stopped = true;
    this.#gone.abort();
    this.#attendance.stop();
    clearTimeout(this.#warmUpTimer);
    this.#idle.stop();
    for (const { channel, terminals } of this.#members.values()) {
      terminals.close(reason);
      channel.close();
    }
  }
}
