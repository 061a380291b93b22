import { startApp, type App } from "../src/app.ts";
import { bootstrap } from "../src/bootstrap.ts";
import { log, ownArena } from "./own-arena.ts";
import { RealHost } from "./real-host.ts";
import { Browser, catalogue, challenge } from "./rig.ts";

const ground = {
  ...challenge("alpha").playground,
  title: "A shipped one",
  initTasks: challenge("alpha").tasks.filter(({ kind }) => kind === "init"),
};

/** An arena as existing clients meet it: a playground, a challenge, and an author called ann. */
export class RestArena implements AsyncDisposable {
  readonly run: string;
  readonly host: RealHost;
  readonly app: App;
  readonly ann: Browser;

  private constructor(run: string, host: RealHost, app: App, ann: Browser) {
    this.run = run;
    this.host = host;
    this.app = app;
    this.ann = ann;
  }

  /** @param name of the test file that has it for itself. */
  static async open(name: string): Promise<RestArena> {
    const { run, common: own } = ownArena(name);
    const host = new RealHost(own.arena);
    await host.open();
    const common = {
      ...own,
      catalogue: { ...catalogue("alpha"), playgrounds: new Map([["pg", ground]]) },
      pki: host.pki,
      hosts: [{ id: "host-1", grpc: host.grpc }],
    };
    // Challenges of the rig are no items: entries, and so pages and clients, need them as such.
    const items = new Map([
      [
        "challenge/alpha",
        {
          ...challenge("alpha"),
          kind: "challenge",
          createdAt: "2026-11-28",
          updatedAt: "",
          cover: "",
          embeds: [],
          vars: [],
          variables: {},
          assets: {},
          meta: {},
          parts: [],
          difficulties: ["easy"],
          modular: false,
          solutions: [],
          unavailable: "",
        },
      ],
    ]);
    const app = await startApp(
      { ...common, api: "api-1", catalogue: { ...common.catalogue, items: items as never } },
      log,
    );
    const { operatorKey } = await bootstrap(common);
    const operator = new Browser(app.port, { authorization: `Bearer ${operatorKey}` });
    const ann = await new Browser(app.port).signUp(`ann-${run}`);
    await operator.ask(`mutation { setRole(handle: "ann-${run}", role: author) { role } }`);
    return new RestArena(run, host, app, ann);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await this.host.close();
  }
}
