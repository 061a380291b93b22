import type { RegistryCredential } from "@agon/protocol/host";
import type { Context, Domain } from "./context.ts";
import { signedIn } from "./context.ts";

/** The viewer's credentials for container registries. */
export function registryResolvers({ registries }: Domain) {
  return {
    Query: {
      registryCredentials: (_: unknown, _args: unknown, context: Context) =>
        registries.list(signedIn(context).id),
    },
    Mutation: {
      keepRegistryCredential: async (_: unknown, args: RegistryCredential, context: Context) => {
        await registries.keep(signedIn(context).id, args);
        return true;
      },
      removeRegistryCredential: async (
        _: unknown,
        args: { registry: string },
        context: Context,
      ) => {
        await registries.remove(signedIn(context).id, args.registry);
        return true;
      },
    },
  };
}
