import type { PortState } from "@agon/protocol/host";
import type { PortAsked } from "../open-port.ts";
import type { Context, Domain } from "./context.ts";
import { signedIn } from "./context.ts";

/** Ports of an own play's machines that browsers may open. */
export function portResolvers({ plays, ports }: Domain) {
  const own = (id: string, context: Context) => plays.owned(id, signedIn(context));
  return {
    Query: {
      playPorts: async (_: unknown, args: { play: string }, context: Context) =>
        ports.list(await own(args.play, context)),
    },
    Mutation: {
      openPort: async (
        _: unknown,
        { play, ...asked }: { play: string } & PortAsked,
        context: Context,
      ) => (await ports.open(await own(play, context), asked)).url,
      closePort: async (_: unknown, args: { play: string; id: string }, context: Context) => {
        await ports.close(await own(args.play, context), args.id);
        return true;
      },
    },
    OpenPort: {
      https: ({ tls }: PortState) => tls,
      openedAt: ({ openedMs }: PortState) => openedMs || null,
    },
  };
}
