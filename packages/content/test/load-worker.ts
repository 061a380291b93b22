// Loads a folder in a thread of its own, so that a test can end it when it takes for ever.
import { parentPort, workerData } from "node:worker_threads";
import { bashFaults } from "../src/bash.ts";
import { loadCatalogue } from "../src/load.ts";
import { parseMdc } from "../src/mdc.ts";
import { takeInlines } from "../src/mdc-inline.ts";

const { folder, playgrounds, body } = workerData as {
  folder: string;
  playgrounds: string;
  body?: string;
};
const begun = performance.now();
if (body !== undefined) {
  const { nodes, problems } = parseMdc(body);
  takeInlines(body);
  const ms = performance.now() - begun;
  parentPort!.postMessage({ ms, nodes: nodes.length, problems: problems.slice(0, 300) });
} else {
  const { problems, items } = await loadCatalogue(folder, playgrounds);
  await bashFaults([]);
  const ms = performance.now() - begun;
  parentPort!.postMessage({ ms, problems, items: [...items.keys()] });
}
