import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { wantedBackends } from "./backends.ts";
import { Fault } from "./fault.ts";
import { healthy } from "./health.ts";
import { imageNames } from "./images.ts";
import { place, root } from "./paths.ts";
import { must } from "./run.ts";
import { readPlan } from "./state.ts";
import { npmPackages } from "./set-up.ts";
import { up } from "./up.ts";

/** Commands of `content` that talk to an arena; the others work on files alone. */
const WITH_ARENA = new Set(["push", "pull", "list", "remove", "access", "preview"]);

/** `agon content …`: the arena of this folder is asked only where one is needed. @returns its exit code. */
export async function content(args: string[]): Promise<number> {
  await npmPackages();
  if (WITH_ARENA.has(args[0] ?? "")) return author(["content", ...args]);
  return start(["content", ...args], { endpoint: gateway()?.address ?? "", key: "", signIn: "" });
}

/** Images of the arena of this folder, for those who begin content; nothing is known of another arena's. */
function imagesHere(): string {
  if (process.env["AGON_ENDPOINT"]) return "";
  const hostd = readPlan(place())?.services.find((service) => service.name === "hostd");
  const backends = hostd?.env["AGON_BACKENDS"]?.split(",") ?? wantedBackends();
  return JSON.stringify(imageNames(backends));
}

/**
 * Runs a command of the room cli: against the arena of this folder as its operator, or against
 * AGON_ENDPOINT as the owner of AGON_API_KEY.
 * @returns its exit code.
 */
export async function author(args: string[]): Promise<number> {
  const { endpoint, key, signIn } = process.env["AGON_API_KEY"]
    ? elsewhere(process.env["AGON_API_KEY"])
    : await hereAsOperator(args[0] === "dev" || args[1] === "preview");
  return start(args, { endpoint, key, signIn });
}

function start(
  args: string[],
  { endpoint, key, signIn }: { endpoint: string; key: string; signIn: string },
): Promise<number> {
  const { PATH, HOME, TERM, NO_COLOR, DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR } = process.env;
  const kept = { PATH, HOME, TERM, NO_COLOR, DISPLAY, WAYLAND_DISPLAY, XDG_RUNTIME_DIR };
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(root, "cli/src/main.ts"), ...args],
      {
        stdio: "inherit",
        env: {
          ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
          AGON_ENDPOINT: endpoint,
          AGON_API_KEY: key,
          AGON_SIGN_IN_URL: signIn,
          AGON_ARENA_IMAGES: imagesHere(),
        },
      },
    );
    // It ends its play first, and this process waits for that.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.removeAllListeners(signal);
      process.on(signal, () => child.kill("SIGTERM"));
    }
    child.on("close", (code) => resolve(code ?? 128));
  });
}

function elsewhere(key: string): { endpoint: string; key: string; signIn: string } {
  const endpoint = process.env["AGON_ENDPOINT"] ?? gateway()?.address;
  if (!endpoint) throw new Fault("Where is the arena of this key? Set AGON_ENDPOINT.");
  return { endpoint, key, signIn: "" };
}

const gateway = () => readPlan(place())?.services.find((service) => service.name === "gateway");

/** @param start bring the arena up when it does not run. */
async function hereAsOperator(
  start: boolean,
): Promise<{ endpoint: string; key: string; signIn: string }> {
  const here = place();
  const known = gateway();
  if (!known || !(await healthy(known))) {
    if (!start) throw new Fault("No arena runs here. Run ./agon up first.");
    console.log("No arena runs here yet: starting it.");
    const { url, operatorKey, signInUrl } = await up(here);
    return { endpoint: url, key: operatorKey, signIn: signInUrl };
  }
  const key = join(here.dir, "operator-key");
  if (!existsSync(key)) throw new Fault("The last ./agon up did not finish. Run it again first.");
  return {
    endpoint: known.address,
    key: readFileSync(key, "utf8"),
    signIn: start ? await signInLink() : "",
  };
}

/** A fresh link with which a browser signs in as this arena's operator, once. */
async function signInLink(): Promise<string> {
  const env = readPlan(place())?.services.find((service) => service.name === "api-1")?.env;
  const text = await must(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "api/src/bootstrap.ts"],
    { cwd: root, ...(env && { env }) },
  );
  return (JSON.parse(text.trim().split("\n").at(-1)!) as { signInUrl: string }).signInUrl;
}
