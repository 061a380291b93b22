/**
 * ./agon bench walls [--samples N] [--json]: what a neighbour notices of a machine that runs into its limits.
 *
 * `check@calm` is measured on a host with one play in which nothing else happens, the others beside a
 * second play whose machine has a bomb go off again and again: `check@BOMB.BACKEND`. A sample, in ms,
 * is the time from the instant just before a file appears in the neighbour's machine (by a process
 * there, at a random moment) until hostd has the completion of the one task that waits for this file.
 * The neighbour is a container, so both instants are of one clock. Its tasks follow each other, so
 * that one is checked at a time. `check@calm` is the baseline of all; the aim is a ratio of at most 2.
 */
import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { StartPlayRequest } from "@agon/protocol/host";
import { BareHost } from "./bare-host.ts";
import { bombs, bombScript } from "./bombs.ts";
import { measure, percentile, type Measure } from "./measure.ts";
import { measuresJson, measuresTable } from "./report.ts";

/** Milliseconds before each file, shortest and longest: wider than the second between two ticks. */
const PAUSE: [number, number] = [400, 1_600];
/** Seconds that a bomb has to get going, and a phase may take at most. */
const RISE = 3;
const PHASE = 300;
const BACKENDS = ["container", "microvm"];

const { values } = parseArgs({
  options: { samples: { type: "string", default: "30" }, json: { type: "boolean" } },
});
const samples = Number(values.samples);
if (!Number.isInteger(samples) || samples < 1 || samples > 200)
  throw new Error("--samples takes a number from 1 to 200");
const tell = (text: string) => process.stderr.write(`· ${text}\n`);

const machine = (name: string, backend: string) => ({
  name,
  backend,
  image: "debian-12",
  defaultUser: "laborant",
  users: ["laborant", "root"],
  cpuCount: 1,
  memoryBytes: 2 ** 29,
  diskBytes: 2 ** 31,
  interfaces: [{ network: "local", address: "172.16.0.2/24", mac: "" }],
});
const networks = [{ name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" }];

/** Makes the files of a phase, each at a random moment, and notes when (unix ns). */
const writer = `import os, time
for number in range(${samples}):
    part = int.from_bytes(os.urandom(4), "big") / 2**32
    time.sleep(${PAUSE[0] / 1_000} + part * ${(PAUSE[1] - PAUSE[0]) / 1_000})
    now = time.time_ns()
    open(f"/var/tmp/file-{number}", "w").close()
    with open("/var/tmp/instants", "a") as out: out.write(f"{now}\\n")`;

/** Latencies of the checks of a neighbour that is started for it. */
async function neighbour(host: BareHost, id: string): Promise<number[]> {
  const spec = StartPlayRequest.fromPartial({
    play: id,
    networks,
    keepAttended: true,
    machines: [machine("calm", "container")],
    tasks: Array.from({ length: samples }, (_, at) => ({
      name: `verify_${at}`,
      machine: "calm",
      kind: "regular",
      needs: at ? [`verify_${at - 1}`] : [],
      run: `test -e /var/tmp/file-${at}`,
      timeoutSeconds: 30,
    })),
  });
  const play = await host.play(spec);
  await host.exec(
    play,
    "calm",
    `cat > /var/tmp/writer.py <<'END'\n${writer}\nEND\nnohup python3 /var/tmp/writer.py >/dev/null 2>&1 &`,
  );
  const end = Date.now() + PHASE * 1_000;
  const last = `verify_${samples - 1}`;
  while (host.completedAt(play, last) === undefined) {
    if (Date.now() > end) throw new Error(`${last} of ${id} is not completed after ${PHASE} s`);
    await pause(200);
  }
  const instants = (await host.exec(play, "calm", "cat /var/tmp/instants")).trim().split("\n");
  await host.end(play);
  return instants.map((ns, at) => host.completedAt(play, `verify_${at}`)! - Number(ns) / 1e6);
}

/** Takes all measures. @throws when a check of the neighbour does not complete. */
async function bench(): Promise<Map<string, number[]>> {
  await using host = await BareHost.start();
  const found = new Map<string, number[]>();
  found.set("calm", await neighbour(host, "calm"));
  for (const backend of BACKENDS)
    for (const bomb of Object.keys(bombs)) {
      const id = `bomb-${bomb}-${backend}`;
      await host.play(
        StartPlayRequest.fromPartial({ play: id, networks, machines: [machine("bomb", backend)] }),
      );
      await host.exec(id, "bomb", bombScript(bomb, backend, PHASE));
      await pause(RISE * 1_000);
      const name = `${bomb}.${backend}`;
      found.set(name, await neighbour(host, `beside-${bomb}-${backend}`));
      tell(`${name}: p50 ${percentile(found.get(name)!, 50).toFixed(0)} ms`);
      await host.end(id);
    }
  return found;
}

try {
  const found = await bench();
  const baseline = { name: "check@calm", p50: percentile(found.get("calm")!, 50) };
  const measures: Measure[] = [...found].map(([name, times]) =>
    measure(`check@${name}`, "ms", times, baseline),
  );
  const aims = measures.slice(1).map(({ name }) => ({ name, p50: 2 * baseline.p50 }));
  console.log(values.json ? measuresJson(measures) : measuresTable(measures, aims));
} catch (error) {
  console.error(`bench walls: ${(error as Error).message}`);
  process.exitCode = 1;
}
