import { randomBytes } from "node:crypto";
import { Refusal } from "../refusal.ts";

/** Ports of a play that are open at most. */
const MAX_PORTS = 20;

/** What of a machine is opened to a browser. */
export interface PortWish {
  machine: string;
  port: number;
  /** The service inside speaks TLS; its certificate is not looked at. */
  tls: boolean;
  /** Whoever knows the address may see it. */
  public: boolean;
  /** Host header that the service gets; empty = as the browser sent it. */
  hostRewrite: string;
  /** Put before each path; empty = paths stay. */
  pathRewrite: string;
}

/** A port that is open under an address of its own. */
export interface OpenPort extends PortWish {
  /** First label of its host name: nobody guesses it. */
  label: string;
  /** Value of the cookie that lets a browser in. */
  secret: string;
  /** Unix ms; missing = by an older hostd. */
  openedMs?: number;
}

/** Opens a port among those that are open; the same wish again is the same port. @throws Refusal when there are too many. */
export function openIn(ports: OpenPort[], wish: PortWish): OpenPort {
  const same = ports.find((one) =>
    (Object.keys(wish) as (keyof PortWish)[]).every((key) => one[key] === wish[key]),
  );
  if (same) return same;
  if (ports.length >= MAX_PORTS)
    throw new Refusal("not-so", `a play has ${MAX_PORTS} open ports at most`);
  const opened = {
    ...wish,
    // Host names know no case.
    label: randomBytes(16).toString("hex"),
    secret: randomBytes(24).toString("base64url"),
    openedMs: Date.now(),
  };
  ports.push(opened);
  return opened;
}

/** Closes a port; its address never leads anywhere again. @returns whether it was open. */
export function closeIn(ports: OpenPort[], label: string): boolean {
  const at = ports.findIndex((one) => one.label === label);
  if (at >= 0) ports.splice(at, 1);
  return at >= 0;
}

const PLAIN_HOST = /^[\w.-]{1,253}(:\d{1,5})?$/;
const PLAIN_PATH = /^\/[\w./~%-]{0,500}$/;

/** What is wrong with a wish, in words. */
export function wrongWish({ port, hostRewrite, pathRewrite }: PortWish): string | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `${port} is no port`;
  if (hostRewrite && !PLAIN_HOST.test(hostRewrite)) return "hostRewrite is no host name";
  if (pathRewrite && !PLAIN_PATH.test(pathRewrite)) return "pathRewrite is no path";
  return undefined;
}
