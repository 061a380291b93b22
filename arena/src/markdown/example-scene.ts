import type { Reference } from "~/live/types";
import { still, type Scene, type TaskLook } from "./scene";

const reference = (kind: string, name: string, title: string, status = "todo"): Reference => ({
  kind,
  name,
  title,
  description: `What ${title.toLowerCase()} is about, in one line.`,
  difficulty: kind === "challenge" ? "medium" : "",
  categories: ["linux"],
  cover: "",
  status,
});

/** A task in each state, by its name. */
const TASKS: Record<string, TaskLook> = {
  verify_created: { state: 10, hint: "", failure: "" },
  verify_blocked: { state: 20, hint: "", failure: "" },
  verify_running: { state: 30, hint: "", failure: "" },
  verify_hinted: { state: 30, hint: "Port 8080 is open on 127.0.0.1 only.", failure: "" },
  verify_failed: { state: 35, hint: "", failure: "The data directory is gone." },
  verify_completed: { state: 40, hint: "", failure: "" },
};

/** Surroundings with everything that a text can name: for the kit and for tests. */
export function exampleScene(): Scene {
  return {
    ...still({}),
    assets: [{ path: "wiring.png", url: "/kit/wiring.svg", width: 640, height: 160 }],
    references: [
      reference("challenge", "fix-dns", "Fix the DNS"),
      reference("challenge", "two-sides", "Two sides of a link", "attempted"),
      reference("tutorial", "first-steps", "First steps", "solved"),
      reference("skill-path", "networks", "Networks from below"),
      reference("course", "net-basics", "Network basics"),
      reference("playground", "mini-lan", "Client and server"),
    ],
    task: (name) => (Object.hasOwn(TASKS, name) ? TASKS[name] : undefined),
    submit: async () => true,
    restart: () => undefined,
    variable: (name) => ({ PORT: "8080", distro: "debian" })[name],
    openTab: () => undefined,
    openPort: () => undefined,
    author: true,
  };
}
