import { parseArgs } from "node:util";
import { ArenaError, type Arena } from "./arena.ts";

const usage = `usage: ./agon playground list [--mine] [--json]
       ./agon playground start NAME    its machines, without a challenge; prints the play's id
       ./agon playground end NAME      ends the play of it that is on`;

interface Listed {
  name: string;
  title: string;
  author: string | null;
  machines: { name: string }[];
}

const key = (name: string) => `playground/${name}`;

/** `./agon playground …`: playgrounds by themselves, those of the arena and stored ones. @returns its exit code. */
export async function playground(arena: Arena, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { mine: { type: "boolean" }, json: { type: "boolean" } },
  });
  const [command, name] = positionals;
  if (command === "list") return list(arena, values.mine ?? false, values.json ?? false);
  if (!name || (command !== "start" && command !== "end"))
    throw new ArenaError(usage, "BAD_INPUT", "");
  if (command === "start") {
    const { startPlay } = await arena.ask<{ startPlay: { id: string } }>(
      "mutation($c: String!) { startPlay(challenge: $c) { id } }",
      { c: key(name) },
    );
    console.error(`${arena.endpoint}/plays/${startPlay.id}`);
    console.log(startPlay.id);
    return 0;
  }
  const { myPlays } = await arena.ask<{
    myPlays: { id: string; content: { kind: string; name: string } }[];
  }>("{ myPlays(active: true) { id content { kind name } } }");
  const play = myPlays.find(
    ({ content }) => content.kind === "playground" && content.name === name,
  );
  if (!play)
    throw new ArenaError(
      `No play of ${name} is on`,
      "NOT_FOUND",
      `./agon playground start ${name}`,
    );
  await arena.ask("mutation($p: ID!) { endPlay(id: $p) { state } }", { p: play.id });
  console.log(`ended ${play.id}`);
  return 0;
}

async function list(arena: Arena, mine: boolean, json: boolean): Promise<number> {
  const { catalogue, me } = await arena.ask<{
    catalogue: { items: Listed[] };
    me: { handle: string } | null;
  }>(
    '{ me { handle } catalogue(kind: ["playground"], first: 200) { items { name title author machines { name } } } }',
  );
  const items = catalogue.items
    .filter(({ author }) => !mine || author === me?.handle)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (json) console.log(JSON.stringify({ items }));
  else if (items.length === 0) console.log("There are none.");
  else
    for (const { name, title, author, machines } of items)
      console.log(
        `${name}  ${title}  ${machines.map((machine) => machine.name).join(", ") || "machines of your choice"}${author ? `  by ${author}` : ""}`,
      );
  return 0;
}
