import { status } from "@grpc/grpc-js";
import { failure } from "./failure.ts";

/** A host's answer; what it refuses is an API error. */
export const onHost = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw hostFailure(error);
  });

/** What a host refused, in the words of an API error. */
export function hostFailure(error: unknown): unknown {
  const { code, details } = error as { code?: number; details?: string };
  if (typeof code !== "number") return error;
  if (code === status.NOT_FOUND)
    return failure("NOT_FOUND", details || "The machine is not there.", "Reload the play.");
  if (code === status.INVALID_ARGUMENT || code === status.FAILED_PRECONDITION)
    return failure("BAD_INPUT", details || "The host refused it.", "Check what you sent.");
  if (code === status.PERMISSION_DENIED)
    return failure("FORBIDDEN", details || "Not allowed.", "Use another machine of the play.");
  if (code === status.RESOURCE_EXHAUSTED)
    return failure("LIMIT", details || "The host is full.", "Try again in a few minutes.");
  if (code === status.ABORTED)
    return failure("UNAVAILABLE", details || "Not now.", "Try again in a moment.");
  return failure("UNAVAILABLE", "The play's host does not answer.", "Try again in a moment.");
}
