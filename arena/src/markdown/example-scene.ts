import { codeKey } from "@agon/content/code-key";
import { createSignal } from "solid-js";
import type { CodeColours, Reference } from "~/live/types";
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
  verify_refused: { state: 30, hint: "", failure: "" },
};

/** Colours of the first code block of golden/code.md, as a server would find them. */
const CODE: CodeColours[] = [
  {
    key: codeKey("nginx", "server {\n  listen <80>;\n\n  ::remark-box\n  #slot\n}"),
    runs: "6k5-6k2-2n21-5c",
  },
];

/** Surroundings with everything that a text can name: for the kit and for tests. */
export function exampleScene(): Scene {
  const [answered, setAnswered] = createSignal(false);
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
    task: (name) =>
      name === "verify_answered"
        ? { state: answered() ? 40 : 30, hint: "", failure: "" }
        : Object.hasOwn(TASKS, name)
          ? TASKS[name]
          : undefined,
    submit: async (name) => {
      if (name === "verify_refused")
        throw Object.assign(new Error("The play is paused."), { help: "Go on with it first." });
      if (name === "verify_answered") setAnswered(true);
    },
    restart: () => undefined,
    code: CODE,
    variable: (name) => ({ PORT: "8080", distro: "debian" })[name],
    openTab: () => undefined,
    openPort: () => undefined,
    author: true,
  };
}
