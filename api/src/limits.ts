import type { ASTVisitor, ValidationContext, ValidationRule } from "graphql";
import { GraphQLError } from "graphql";
import type { FieldNode, FragmentDefinitionNode, SelectionSetNode } from "graphql";
import { RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import { failure } from "./failure.ts";
import type { Redis } from "./redis.ts";
import type { Viewer } from "./viewer.ts";

const maxDepth = 12;
const maxAliases = 30;
const maxFields = 500;

/** Refuses operations that are too deep, too wide or alias the same thing over and over. */
export const boundedOperation: ValidationRule = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition(operation) {
    let aliases = 0;
    let fields = 0;
    const refuse = (what: string): void =>
      context.reportError(
        new GraphQLError(`The operation ${what}.`, {
          nodes: operation,
          extensions: { code: "LIMIT", help: "Ask for less at a time." },
        }),
      );
    const depthOf = (set: SelectionSetNode, depth: number, within: string[]): number => {
      let deepest = depth;
      for (const node of set.selections) {
        if (fields > maxFields || depth > maxDepth + 1) return deepest;
        if (node.kind === "FragmentSpread") {
          const name = node.name.value;
          const fragment: FragmentDefinitionNode | null | undefined = context.getFragment(name);
          if (fragment && !within.includes(name))
            deepest = Math.max(deepest, depthOf(fragment.selectionSet, depth, [...within, name]));
          continue;
        }
        if (node.kind === "Field") {
          const field: FieldNode = node;
          fields++;
          if (field.alias) aliases++;
          // Introspection has a fixed depth of its own.
          if (field.name.value.startsWith("__")) continue;
        }
        const inner = node.kind === "Field" ? depth + 1 : depth;
        if (node.selectionSet)
          deepest = Math.max(deepest, depthOf(node.selectionSet, inner, within));
      }
      return deepest;
    };
    const depth = depthOf(operation.selectionSet, 1, []);
    if (depth > maxDepth) refuse(`is more than ${maxDepth} levels deep`);
    else if (aliases > maxAliases) refuse(`has more than ${maxAliases} aliases`);
    else if (fields > maxFields) refuse(`has more than ${maxFields} fields`);
  },
});

/** What is counted: per user, or per address where nobody is signed in. */
type Limited = "mutation" | "bot" | "query" | "sign" | "client";

/** How often somebody may do something: counted in Redis, in memory while it is away. */
export class RateLimits {
  #limiters: Record<Limited, RateLimiterRedis>;

  constructor(redis: Redis, arena: string) {
    const make = (name: string, points: number): RateLimiterRedis => {
      const options = { keyPrefix: `agon:${arena}:rate:${name}`, points, duration: 60 };
      return new RateLimiterRedis({
        ...options,
        storeClient: redis,
        useRedisPackage: true,
        insuranceLimiter: new RateLimiterMemory(options),
      });
    };
    this.#limiters = {
      mutation: make("mutation", 60),
      bot: make("bot", 1200),
      query: make("query", 3000),
      sign: make("sign", 600),
      client: make("client", 30),
    };
  }

  async mutation(viewer: Viewer | null): Promise<void> {
    if (!viewer) return;
    await this.take(viewer.role === "learner" ? "mutation" : "bot", viewer.id);
  }

  async take(kind: Limited, who: string): Promise<void> {
    try {
      await this.#limiters[kind].consume(who);
    } catch (error) {
      const wait = (error as { msBeforeNext?: number }).msBeforeNext;
      if (wait === undefined) return; // not a refusal: the limiter itself failed
      const seconds = Math.ceil(wait / 1000);
      const refusal = failure("LIMIT", "That was too often.", `Try again in ${seconds} s.`);
      refusal.extensions["seconds"] = seconds;
      throw refusal;
    }
  }
}
