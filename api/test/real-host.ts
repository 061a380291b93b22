import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeCertificates } from "@agon/testing/certificates";
import { HostProcess } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";

/** A hostd with real machines for the tests of api, and what a learner's hands do in them. */
export class RealHost {
  readonly #process: HostProcess;
  /** Folder with the certificates: AGON_PKI of api. */
  readonly pki = mkdtempSync(join(tmpdir(), "agon-api-host-"));
  readonly #arena: string;

  /** @param backends that it offers; the first is for machines that name none. */
  constructor(arena: string, backends: ("container" | "microvm")[] = ["container"]) {
    this.#arena = arena;
    const microvm = process.env["AGON_TEST_MICROVM"];
    if (backends.includes("microvm") && !microvm)
      throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only api, which builds it");
    this.#process = new HostProcess(arena, this.pki, undefined, {
      AGON_MAX_PLAYS: "50",
      // The same on computers with and without gVisor.
      AGON_BACKENDS: backends.join(","),
      ...(backends.includes("microvm") ? { AGON_MICROVM: microvm, AGON_POOL: "0" } : {}),
      AGON_PORTS_URL: "http://*.ports.test",
    });
  }

  get grpc(): string {
    return `127.0.0.1:${this.#process.grpc}`;
  }

  /** Where its ports of machines are served, by their Host header. */
  get terminal(): number {
    return this.#process.terminal;
  }

  async open(): Promise<void> {
    await makeCertificates(this.pki, ["api", "host"]);
    await this.#process.start();
  }

  /** Kills it the hard way, and starts it again. */
  async restart(): Promise<void> {
    await this.#process.kill();
    await this.#process.start();
  }

  async close(): Promise<void> {
    await this.#process.stop();
    // What a failed test left: with its arena's name, of this test run alone.
    const left = await this.#docker("ps", "-aq", "--filter", `label=agon.arena=${this.#arena}`);
    if (left) await this.#docker("rm", "-f", ...left.split("\n"));
    const spaces = await run("ip", ["netns", "list"]);
    for (const line of spaces.stdout.split("\n")) {
      const name = line.split(" ")[0]!;
      if (!name.startsWith(`agon-${this.#arena}-`)) continue;
      // Registries of plays and their doors: without the name nobody finds them.
      const { stdout } = await run("ip", ["netns", "pids", name]);
      for (const pid of stdout.split("\n").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
      await run("ip", ["netns", "delete", name]);
    }
    await this.#process.remove();
  }

  /** Makes files in a play's machine as soon as it is there, and waits for nothing else. */
  async touch(play: string, ...paths: string[]): Promise<void> {
    const machine = await until(`a machine of ${play}`, () =>
      this.#docker("ps", "-q", "--filter", `label=agon.play=${play}`),
    );
    await this.#docker("exec", machine, "touch", ...paths);
  }

  /** What a command in the only machine of a play prints. */
  async run(play: string, ...command: string[]): Promise<string> {
    const machine = await this.#docker("ps", "-q", "--filter", `label=agon.play=${play}`);
    return this.#docker("exec", machine, ...command);
  }

  /** What a command in one of a play's machines prints. */
  async runIn(play: string, machine: string, ...command: string[]): Promise<string> {
    const labels = [`label=agon.play=${play}`, `label=agon.machine=${machine}`];
    const found = await this.#docker("ps", "-q", ...labels.flatMap((one) => ["--filter", one]));
    return this.#docker("exec", found, ...command);
  }

  async #docker(...args: string[]): Promise<string> {
    const engine = process.env["AGON_TEST_DOCKER_HOST"];
    const { stdout } = await run("docker", [...(engine ? ["-H", engine] : []), ...args]);
    return stdout.trim();
  }
}

const run = promisify(execFile);
