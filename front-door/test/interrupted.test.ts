import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** A front door that does `work` in a step "waiting for the test", and gets Ctrl-C once it says so. */
async function interrupted(work: string): Promise<{ code: number | null; told: string }> {
  const src = (file: string) => JSON.stringify(join(import.meta.dirname, "../src", file));
  const script = `
    import { endWithChildren, endingWith, owePuttingAway, refuseWhenInterrupted, run } from ${src("run.ts")};
    import { step } from ${src("step.ts")};
    endWithChildren();
    const waiting = () => { console.log("here"); return new Promise((done) => setTimeout(done, 60_000)); };
    try {
      ${work}
    } catch (error) {
      console.error(error.message);
    }
    process.exit(endingWith() ?? 0);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  child.stdout.once("data", () => child.kill("SIGINT"));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, told };
}

test("Ctrl-C in a step that waits says which one, and what goes on", async () => {
  const { code, told } = await interrupted(`await step("waiting for the services", waiting);`);
  expect(code).toBe(130);
  expect(told).toContain("stopped while waiting for the services. What was started goes on");
  expect(told).toContain("./agon down stops it");
});

test("Ctrl-C in a step with a command of its own ends that, and names the step that failed", async () => {
  const { code, told } = await interrupted(
    `await step("building it", async () => { console.log("here"); await run("sleep", ["60"]); });`,
  );
  expect(code).toBe(130);
  expect(told).toContain("ending what was started");
  expect(told).toContain("✗ building it");
  expect(told).toContain("Interrupted.");
});

test("Ctrl-C without a step says nothing of one: the command that runs tells it itself", async () => {
  expect(await interrupted("await waiting();")).toEqual({ code: 130, told: "" });
});

test("Ctrl-C in a wait that owes putting something away ends the wait, and what is owed is done", async () => {
  const { code, told } = await interrupted(`
    using _ = owePuttingAway();
    try {
      console.log("here");
      for (;;) {
        await new Promise((done) => setTimeout(done, 20));
        refuseWhenInterrupted();
      }
    } finally {
      console.error("put away:", (await run("echo", ["really"], { puttingAway: true })).stdout);
    }`);
  expect(code).toBe(130);
  expect(told).toContain("put away: really");
  expect(told).toContain("Interrupted.");
});
