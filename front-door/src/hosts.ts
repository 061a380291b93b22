import { askAsOperator } from "./operator-client.ts";
import { Fault } from "./fault.ts";
import { place } from "./paths.ts";
import { readPlan } from "./state.ts";
import { table } from "./table.ts";

interface Host {
  id: string;
  state: string;
  plays: number;
  maxPlays: number;
  backend: string;
  /** Of microVMs: kvm or tcg; empty without them, or while it is being found out. */
  accelerator: string;
  acceleratorReason: string;
  load: number;
  cores: number;
  memoryFreeBytes: number;
  diskFreeBytes: number;
  terminals: number;
  templates: Template[];
}
interface Template {
  name: string;
  state: string;
  makingSeconds: number;
  poolTarget: number;
  poolReady: number;
  poolAsked: number;
  poolHits: number;
}
const FIELDS =
  "id state plays maxPlays backend accelerator acceleratorReason load cores memoryFreeBytes diskFreeBytes terminals templates { name state makingSeconds poolTarget poolReady poolAsked poolHits }";

const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** Machines that wait on a host, and how many of those that plays asked for came from there. */
function poolWords(templates: Template[]): string {
  const sum = (of: (template: Template) => number) =>
    templates.reduce((all, template) => all + of(template), 0);
  const making = sum(({ state }) => (state === "making" ? 1 : 0));
  const asked = sum(({ poolAsked }) => poolAsked);
  return [
    `${sum(({ poolReady }) => poolReady)} of ${sum(({ poolTarget }) => poolTarget)}`,
    ...(asked ? [`${Math.round((100 * sum(({ poolHits }) => poolHits)) / asked)} % hits`] : []),
    ...(making ? [`${making} templates in the making`] : []),
  ].join(", ");
}

/** `agon hosts …`: what runs machines, and who may join. @returns the exit code. */
export async function hosts(args: string[]): Promise<number> {
  const json = args.includes("--json");
  const [command = "list", name = ""] = args.filter((one) => !one.startsWith("--"));
  if (command !== "list" && !name) throw new Fault(`Which host? ./agon hosts ${command} NAME`);
  const url = readPlan(place())?.services.find((service) => service.name === "gateway")?.address;
  switch (command) {
    case "list": {
      const { hosts: all } = await askAsOperator<{ hosts: Host[] }>(`{ hosts { ${FIELDS} } }`);
      if (json) console.log(JSON.stringify({ hosts: all }));
      else
        console.log(
          table([
            [
              "HOST",
              "STATE",
              "PLAYS",
              "BACKEND",
              "MICROVMS",
              "LOAD",
              "MEMORY FREE",
              "DISK FREE",
              "TERMINALS",
              "POOL",
            ],
            ...all.map((host) => [
              host.id,
              host.state,
              `${host.plays} of ${host.maxPlays}`,
              host.backend,
              host.accelerator.toUpperCase() || "-",
              `${host.load.toFixed(2)} on ${host.cores}`,
              gib(host.memoryFreeBytes),
              gib(host.diskFreeBytes),
              String(host.terminals),
              poolWords(host.templates),
            ]),
          ]),
        );
      return 0;
    }
    case "token": {
      const { createHostToken: made } = await askAsOperator<{
        createHostToken: { token: string; until: string };
      }>("mutation($h: ID!) { createHostToken(host: $h) { token until } }", { h: name });
      if (json) console.log(JSON.stringify({ host: name, ...made }));
      else
        console.log(
          `${name} can join once, within an hour. On that computer set:\n\n  AGON_HOST_ID=${name}\n  AGON_JOIN_URL=${url}\n  AGON_JOIN_TOKEN=${made.token}\n\nand start hostd (docs/operating.md, "More hosts").`,
        );
      return 0;
    }
    case "drain":
    case "resume": {
      const { drainHost: host } = await askAsOperator<{ drainHost: Host }>(
        `mutation($h: ID!, $on: Boolean!) { drainHost(id: $h, on: $on) { ${FIELDS} } }`,
        { h: name, on: command === "drain" },
      );
      if (json) console.log(JSON.stringify(host));
      else
        console.log(
          host.state === "draining"
            ? `${name} takes no new plays; ${host.plays} go on.`
            : `${name} takes plays again.`,
        );
      return 0;
    }
    case "remove":
      await askAsOperator("mutation($h: ID!) { removeHost(id: $h) }", { h: name });
      console.log(`${name} is out. Its certificate is worth nothing here any more.`);
      return 0;
    default:
      throw new Fault("agon hosts takes: list, token NAME, drain NAME, resume NAME, remove NAME");
  }
}
