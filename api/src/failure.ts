import { GraphQLError } from "graphql";

export type FailureCode =
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "BAD_INPUT"
  | "LIMIT"
  | "UNAVAILABLE";

/** An error for the person at the other end: what is wrong, and what to do. */
export function failure(code: FailureCode, message: string, help: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, help } });
}
