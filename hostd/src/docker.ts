import Docker from "dockerode";

/** The Docker engine of DOCKER_HOST, or of the usual socket. */
export function dockerEngine(): Docker {
  return new Docker();
}

/** Whether Docker answered with one of these HTTP codes (404: no such container, 304: already so). */
export function dockerSaid(error: unknown, ...codes: number[]): boolean {
  return codes.includes((error as { statusCode?: number }).statusCode ?? 0);
}
