import type { AddressInfo } from "node:net";
import type { Catalogue } from "@agon/content/model";
import type { Logger } from "@agon/daemon/log";
import { createAuth } from "./auth.ts";
import { Authored } from "./authored.ts";
import { Boards } from "./boards.ts";
import { ClientSessions } from "./client-sessions.ts";
import { Content } from "./content.ts";
import { Drafts } from "./drafts.ts";
import { expectedMachines } from "./expected-machines.ts";
import type { HostAddress, HostLink } from "./hosts.ts";
import { HostRegistry } from "./host-registry.ts";
import { createHttp } from "./http.ts";
import { Ingest } from "./ingest.ts";
import { Forks } from "./forks.ts";
import { Keeping } from "./keeping.ts";
import { RateLimits } from "./limits.ts";
import { Library } from "./library.ts";
import { Live } from "./live.ts";
import { Enrolments } from "./enrolments.ts";
import { EventLog } from "./log.ts";
import { Marks } from "./marks.ts";
import { NightlyQueue } from "./nightly-queue.ts";
import { openStore } from "./models/store.ts";
import { PlayPorts } from "./play-ports.ts";
import { PlayViews } from "./play-views.ts";
import { Placement } from "./placement.ts";
import { Places } from "./places.ts";
import { playLimits, type PlayLimits } from "./play-limits.ts";
import { Plays } from "./plays.ts";
import { Connections } from "./rest/conns.ts";
import { createRedis } from "./redis.ts";
import { RegistryCredentials } from "./registry-credentials.ts";
import { Solves } from "./solves.ts";
import { sweep } from "./sweep.ts";
import { Viewers } from "./viewers.ts";

export interface AppSettings {
  port: number;
  mongoUrl: string;
  redisUrl: string;
  arena: string;
  api: string;
  pki: string;
  /** Hosts that are known by configuration; others join with a token. */
  hosts: HostAddress[];
  /** The host that comes with the arena joins with this token. */
  firstHost?: { id: string; token: string };
  secret: string;
  publicUrl: string;
  catalogue: Catalogue;
  /** Folder of playgrounds and their images' recipes. */
  playgroundsDir?: string;
  sweepMs?: number;
  /** Missing = as the environment says. */
  plays?: PlayLimits;
}

export type App = Awaited<ReturnType<typeof startApp>>;

/** One api process: everything but content loading and jobs. */
export async function startApp(settings: AppSettings, log: Logger) {
  const store = await openStore(settings.mongoUrl);
  const redis = createRedis(settings.redisUrl, log);
  await redis.connect();
  const live = new Live(redis, settings.arena);
  await live.open();
  const eventLog = new EventLog(store);
  const boards = new Boards(store, redis, live, settings.arena);
  const content = new Content(store);
  content.offer(settings.catalogue);
  const library = new Library(content);
  const solves = new Solves(store, eventLog, boards, live);
  const ingests = new Map<string, Ingest>();
  const follow = async (link: HostLink | null, id: string): Promise<void> => {
    await ingests.get(id)?.stop();
    ingests.delete(id);
    if (!link) return;
    const ingest = new Ingest(link, store, views, log, settings.api, () =>
      link.warm(expectedMachines(content.catalogue)),
    );
    ingests.set(id, ingest);
    ingest.start();
  };
  const registry = new HostRegistry({
    store,
    arena: settings.arena,
    pki: settings.pki,
    log,
    changed: follow,
  });
  const hosts = registry.links;
  const limits = settings.plays ?? playLimits();
  const registries = new RegistryCredentials(store, settings.secret);
  const placement = new Placement(store, registry, registries, log, limits.idleMs / 1_000);
  const places = new Places(store);
  const plays = new Plays({ store, content, hosts, placement, places, limits });
  const views = new PlayViews({ store, log: eventLog, live, solves, logger: log }, (play) => {
    plays
      .finish(play)
      .catch((error: unknown) =>
        log.warn({ play: play._id, error: String(error) }, "not finished yet; the sweep goes on"),
      );
  });
  const drafts = new Drafts({ store, content, hosts, views, log });
  plays.use(views, drafts);
  plays.guard(
    (viewer, dimension, name) => library.mayPlay(viewer, dimension, name),
    (viewer, playground) => library.mayUse(viewer, playground),
  );
  const authored = new Authored(
    store,
    content,
    (lists) => library.guard(lists),
    (id) => live.publish(`stored:${id}`, null),
  );
  await authored.start();
  const keeping = new Keeping({ limits, hosts, places, plays, views, log });
  const forks = new Forks({ limits, store, content, hosts, places, plays, views });
  const auth = createAuth(store, redis, settings);
  const enrolments = new Enrolments(store, library);
  const clients = new ClientSessions(store);
  const viewers = new Viewers(store, auth, clients, live, (user, handle) =>
    enrolments.standing(user, handle),
  );
  const rates = new RateLimits(redis, settings.arena);
  const nightly = new NightlyQueue(settings.redisUrl, settings.arena, log);
  const http = createHttp(
    {
      store,
      log: eventLog,
      content,
      authored,
      drafts,
      library,
      enrolments,
      marks: new Marks(store),
      plays,
      keeping,
      forks,
      ports: new PlayPorts({ plays, content, hosts }),
      views,
      boards,
      live,
      viewers,
      clients,
      conns: new Connections({ store, live, content, secret: settings.secret }),
      limits: rates,
      hosts,
      registry,
      nightly,
      registries,
      playgroundsDir: settings.playgroundsDir ?? "",
    },
    auth,
    settings.publicUrl,
    log,
  );

  const repair = () =>
    sweep({
      store,
      views,
      plays,
      keeping,
      forks,
      placement,
      boards,
      content,
      authored,
      drafts,
      clients,
      log,
    });
  await repair();
  const first = settings.firstHost;
  if (first) await registry.offer(first.id, first.token, Number.MAX_SAFE_INTEGER);
  await registry.start(settings.hosts);
  let sweeping: Promise<void> | null = null;
  const timer = setInterval(() => {
    sweeping ??= repair()
      .catch((error: unknown) => log.warn({ error: String(error) }, "the sweep failed"))
      .finally(() => (sweeping = null));
  }, settings.sweepMs ?? 10_000);

  await new Promise<void>((done) => http.server.listen(settings.port, "127.0.0.1", done));
  return {
    port: (http.server.address() as AddressInfo).port,
    store,
    content,
    boards,
    nightly,
    async close() {
      clearInterval(timer);
      await authored.close();
      await Promise.all([...ingests.values()].map((ingest) => ingest.stop()));
      await http.close();
      await sweeping;
      live.close();
      await nightly.close();
      await registry.close();
      redis.destroy();
      await store.close();
    },
  };
}
