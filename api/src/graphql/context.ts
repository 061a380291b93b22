import type { Authored } from "../authored.ts";
import type { Boards } from "../boards.ts";
import type { ClientSessions } from "../client-sessions.ts";
import type { Content } from "../content.ts";
import type { Drafts } from "../drafts.ts";
import type { Enrolments } from "../enrolments.ts";
import { failure } from "../failure.ts";
import type { HostRegistry } from "../host-registry.ts";
import type { HostLink } from "../hosts.ts";
import type { Forks } from "../forks.ts";
import type { Keeping } from "../keeping.ts";
import type { RateLimits } from "../limits.ts";
import type { Library } from "../library.ts";
import type { Live } from "../live.ts";
import type { EventLog } from "../log.ts";
import type { Marks } from "../marks.ts";
import type { Store, TallyDoc } from "../models/store.ts";
import type { NightlyQueue } from "../nightly-queue.ts";
import type { PlayPorts } from "../play-ports.ts";
import type { PlayViews } from "../play-views.ts";
import type { Plays } from "../plays.ts";
import type { RegistryCredentials } from "../registry-credentials.ts";
import type { Connections } from "../rest/conns.ts";
import type { Role, Viewer } from "../viewer.ts";
import type { Viewers } from "../viewers.ts";

/** What resolvers work with. */
export interface Domain {
  store: Store;
  log: EventLog;
  content: Content;
  authored: Authored;
  drafts: Drafts;
  library: Library;
  enrolments: Enrolments;
  marks: Marks;
  plays: Plays;
  keeping: Keeping;
  forks: Forks;
  ports: PlayPorts;
  views: PlayViews;
  boards: Boards;
  live: Live;
  viewers: Viewers;
  clients: ClientSessions;
  conns: Connections;
  limits: RateLimits;
  hosts: Map<string, HostLink>;
  registry: HostRegistry;
  nightly: NightlyQueue;
  registries: RegistryCredentials;
  /** Folder of playgrounds and their images' recipes. */
  playgroundsDir: string;
}

/** One operation's context. */
export interface Context {
  viewer: Viewer | null;
  /** The viewer's solves and attempts, read once an operation. */
  tally: () => Promise<TallyDoc | null>;
  /** After a change of what it holds. */
  forgetTally: () => void;
}

/** The viewer, or the error that tells to sign in. */
export function signedIn(context: Context): Viewer {
  if (context.viewer) return context.viewer;
  throw failure("UNAUTHENTICATED", "You are not signed in.", "Sign in, then try again.");
}

/** The viewer when they have one of the roles. */
export function withRole(context: Context, ...roles: Role[]): Viewer {
  const viewer = signedIn(context);
  if (roles.includes(viewer.role)) return viewer;
  throw failure("FORBIDDEN", "This is not for your role.", `It is for: ${roles.join(", ")}.`);
}

/** A page size within its bounds. */
export function bounded(value: number | null | undefined, fallback: number, max: number): number {
  const wanted = value ?? fallback;
  if (wanted < 0 || wanted > max)
    throw failure("BAD_INPUT", `${wanted} is out of bounds.`, `Ask for 0 to ${max}.`);
  return wanted;
}
