import type { ClientSessionDoc } from "../models/client-session.ts";
import type { Context, Domain } from "./context.ts";
import { signedIn } from "./context.ts";

const shown = ({ _id: id, client, address, at, usedAt }: ClientSessionDoc) => ({
  id,
  client,
  address,
  at,
  usedAt,
});

/** Command-line clients: those that wait to be let in, and those that were. */
export function clientResolvers({ clients }: Domain) {
  return {
    Query: {
      waitingClient: async (_: unknown, args: { id: string; code: string }, context: Context) => {
        signedIn(context);
        const waiting = await clients.waiting(args.id, args.code);
        return waiting && shown(waiting);
      },
      clientSessions: async (_: unknown, _args: unknown, context: Context) =>
        (await clients.list(signedIn(context).id)).map(shown),
    },
    Mutation: {
      letClientIn: async (_: unknown, args: { id: string; code: string }, context: Context) => {
        await clients.letIn(signedIn(context).id, args.id, args.code);
        return true;
      },
      refuseClient: async (_: unknown, args: { id: string; code: string }, context: Context) => {
        signedIn(context);
        await clients.refuse(args.id, args.code);
        return true;
      },
      revokeClient: async (_: unknown, args: { id: string }, context: Context) => {
        await clients.revoke(signedIn(context).id, args.id);
        return true;
      },
    },
  };
}
