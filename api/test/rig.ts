import { emptyCatalogue } from "@agon/content/load";
import type { Catalogue, Challenge, Task } from "@agon/content/model";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

function task(name: string, rest: Partial<Task> = {}): Task {
  return {
    name,
    kind: "regular",
    machine: "m1",
    user: "",
    needs: [],
    env: [],
    run: "echo secret-output; false",
    failcheck: "",
    hintcheck: "",
    timeoutSeconds: 10,
    destination: "",
    shareOutputs: false,
    title: name,
    input: false,
    validateRegex: "",
    vars: {},
    conditions: [],
    ...rest,
  };
}

/**
 * A small challenge: one init task, two regular ones (completed by /first and /second; the second takes
 * an answer, too), one helper.
 */
export function challenge(name: string): Challenge {
  return {
    name,
    title: `Title of ${name}`,
    description: "Words",
    difficulty: "easy",
    categories: ["linux"],
    tags: ["a"],
    body: "Body",
    hints: [
      { id: "hint-1", title: "One", body: "secret-hint-1" },
      { id: "hint-2", title: "Two", body: "secret-hint-2" },
    ],
    tasks: [
      task("init_it", { kind: "init", run: "true" }),
      task("first", {
        run: "echo secret-output; test -e /first",
        hintcheck: "test -e /look || { echo look closer; false; }",
      }),
      task("second", {
        run: "test -e /second || grep -q fifty /tmp/answer",
        input: true,
        destination: "/tmp/answer",
      }),
      task("aid", { kind: "helper", run: "sleep 60" }),
    ],
    playground: {
      name: "pg",
      title: "pg",
      machines: [
        {
          name: "m1",
          image: "debian-12",
          users: [{ name: "laborant", default: true, welcome: "" }],
          defaultUser: "laborant",
          noSSH: false,
          cpuCount: 1,
          memoryBytes: 512 * 1024 * 1024,
          diskBytes: 1 << 30,
          interfaces: [],
          startupFiles: [],
        },
      ],
      networks: [],
      startupFiles: [],
      initTasks: [],
      initConditions: [],
    },
    solution: "secret-solution",
    scripts: { ".solution.sh": "secret-script" },
    version: `version-of-${name}`,
    folder: "/nowhere",
  };
}

export function catalogue(...names: string[]): Catalogue {
  return {
    ...emptyCatalogue(),
    challenges: new Map(names.map((name) => [name, challenge(name)])),
  };
}

export interface Answer {
  // oxlint: any, since answers of any operation come here, and each test knows the shape of its own.
  data: Record<string, any>; // oxlint-disable-line no-explicit-any
  errors?: { message: string; extensions?: { code?: string; help?: string } }[];
}

/** One person's browser. */
export class Browser {
  port: number;
  headers: Record<string, string>;
  constructor(port: number, headers: Record<string, string> = {}) {
    this.port = port;
    this.headers = headers;
  }

  async post(path: string, body: unknown): Promise<Response> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: `http://127.0.0.1:${this.port}`,
        ...this.headers,
      },
      body: JSON.stringify(body),
    });
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
    if (cookies.length) this.headers = { ...this.headers, cookie: cookies.join("; ") };
    return response;
  }

  async ask(query: string, variables: object = {}): Promise<Answer> {
    const response = await this.post("/graphql", { query, variables });
    return (await response.json()) as Answer;
  }

  async signUp(handle: string): Promise<this> {
    const response = await this.post("/api/auth/sign-up/email", {
      email: `${handle}@example.org`,
      password: "correct horse",
      name: handle,
      handle,
    });
    if (!response.ok) throw new Error(`sign-up: ${response.status} ${await response.text()}`);
    return this;
  }

  /** The same session at another api process. */
  at(port: number): Browser {
    return new Browser(port, this.headers);
  }

  subscribe(query: string, variables: Record<string, unknown> = {}) {
    const headers = this.headers;
    class Socket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { headers });
      }
    }
    const client = createClient({
      url: `ws://127.0.0.1:${this.port}/graphql`,
      webSocketImpl: Socket,
      retryAttempts: 0,
    });
    // oxlint: any as in Answer.data: what comes is of the shape that the test asked for.
    const got: Record<string, any>[] = []; // oxlint-disable-line no-explicit-any
    const stop = client.subscribe(
      { query, variables },
      {
        next: (value) => got.push((value.data ?? { errors: value.errors }) as never),
        error: (error) => got.push({ error }),
        complete: () => {},
      },
    );
    return {
      got,
      close: () => {
        stop();
        void client.dispose();
      },
    };
  }
}
