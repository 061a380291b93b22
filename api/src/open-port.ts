import type { Challenge } from "@agon/content/model";
import { tabsOf } from "@agon/content/tabs";
import type { OpenPortRequest } from "@agon/protocol/host";
import { failure } from "./failure.ts";

/** Which port of a play somebody wants to see: one that is open, that of a tab, or any. */
export interface PortAsked {
  /** One that is open. */
  id?: string | null;
  tab?: string | null;
  /** Missing = the first. */
  machine?: string | null;
  port?: number | null;
  https?: boolean | null;
  public?: boolean | null;
  /** Host header that the service gets; missing = the browser's. */
  hostRewrite?: string;
  /** Put before each path; missing = none. */
  pathRewrite?: string;
}

/** What a host is asked to open. @throws NOT_FOUND, FORBIDDEN or BAD_INPUT. */
export function portWish(play: string, challenge: Challenge, asked: PortAsked): OpenPortRequest {
  const tabs = tabsOf(challenge.playground).filter(({ kind }) => kind === "http-port");
  const { machines } = challenge.playground;
  if (asked.tab) {
    const tab = tabs.find(({ id }) => id === asked.tab);
    if (!tab) throw failure("NOT_FOUND", "There is no such tab.", "Reload the play.");
    const { machine, number: port, tls, access, hostRewrite, pathRewrite } = tab;
    return { play, machine, port, tls, public: access === "public", hostRewrite, pathRewrite };
  }
  const name = asked.machine || (machines[0]?.name ?? "");
  const machine = machines.find((one) => one.name === name);
  if (!machine)
    throw failure("NOT_FOUND", `The play has no machine ${name}.`, "Name one that it has.");
  const port = asked.port ?? 0;
  if (port < 1 || port > 65_535)
    throw failure("BAD_INPUT", `${port} is no port.`, "Name one from 1 to 65535.");
  // What learners must not look into runs there; its author may show a port of it by a tab.
  if (machine.noSSH && !tabs.some((tab) => tab.machine === name && tab.number === port))
    throw failure("FORBIDDEN", `Ports of ${name} are not open.`, "Use another machine.");
  return {
    play,
    machine: name,
    port,
    tls: asked.https ?? false,
    public: asked.public ?? false,
    hostRewrite: asked.hostRewrite ?? "",
    pathRewrite: asked.pathRewrite ?? "",
  };
}
