import { readFileSync } from "node:fs";
import { GraphQLScalarType } from "graphql";
import { createSchema } from "graphql-yoga";
import { boardResolvers } from "./boards.ts";
import { clientResolvers } from "./clients.ts";
import { contentResolvers } from "./content.ts";
import type { Context, Domain } from "./context.ts";
import { libraryResolvers } from "./library.ts";
import { operateResolvers } from "./operate.ts";
import { ownedResolvers } from "./owned.ts";
import { playResolvers } from "./plays.ts";
import { portResolvers } from "./ports.ts";
import { registryResolvers } from "./registries.ts";
import { studioResolvers } from "./studio.ts";
import { trainingResolvers } from "./trainings.ts";
import { userResolvers } from "./users.ts";

const dateTime = new GraphQLScalarType({
  name: "DateTime",
  serialize: (value) => new Date(value as number).toISOString(),
});

type Resolver = (parent: unknown, args: never, context: Context, info: never) => unknown;

/** The schema of schema.graphql with its resolvers; every mutation is counted against the limits. */
export function buildSchema(domain: Domain) {
  const modules = [
    contentResolvers(domain),
    playResolvers(domain),
    portResolvers(domain),
    boardResolvers(domain),
    userResolvers(domain),
    operateResolvers(domain),
    libraryResolvers(domain),
    studioResolvers(domain),
    ownedResolvers(domain),
    registryResolvers(domain),
    clientResolvers(domain),
    trainingResolvers(domain),
  ] as Record<string, Record<string, unknown>>[];
  for (const module of modules)
    for (const [name, resolve] of Object.entries(module["Mutation"] ?? {}))
      (module["Mutation"] as Record<string, Resolver>)[name] = async (
        parent,
        args,
        context,
        info,
      ) => {
        await domain.limits.mutation(context.viewer);
        return (resolve as Resolver)(parent, args, context, info);
      };
  return createSchema<Context>({
    typeDefs: readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"),
    resolvers: [...modules, { DateTime: dateTime }] as never,
  });
}
