import { failure } from "../failure.ts";
import { addressOf, signedInClient, type Call } from "./call.ts";

/** Session and token of a Basic header; null without one. */
export function credentialsOf(
  authorization: string | undefined | null,
): { id: string; token: string } | null {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]{1,400})$/.exec(authorization ?? "") ?? [];
  if (!encoded) return null;
  const [id = "", token = ""] = Buffer.from(encoded, "base64").toString("latin1").split(/:(.*)/s);
  return { id, token };
}

const unknown = () =>
  failure("UNAUTHENTICATED", "There is no such session.", "Log in again: labctl auth login");

/** `POST /sessions`: a client that wants in, and the address where its user says so. */
export async function openSession({ domain, publicUrl, request, send }: Call): Promise<void> {
  const { id, token, code } = await domain.clients.open(
    request.headers["user-agent"] ?? "",
    addressOf(request),
  );
  send(201, {
    id,
    authenticated: false,
    accessToken: token,
    authUrl: `${publicUrl}/cli/${id}?c=${code}`,
  });
}

/** `GET /sessions/{id}`: the client asks for its own, until it is let in. */
export async function showSession({ domain, params, request, send }: Call): Promise<void> {
  const given = credentialsOf(request.headers.authorization);
  const session = given?.id === params["id"] && (await domain.clients.of(given!.id, given!.token));
  if (!session) throw unknown();
  const { _id: id, user } = session;
  send(200, { id, authenticated: user !== "", userId: user, accessToken: "", authUrl: "" });
}

/** `DELETE /sessions/{id}`: the client's own. An unknown one is 401: 404 would keep it logged in for ever. */
export async function endSession(call: Call): Promise<void> {
  const { domain, params, request, send } = call;
  const given = credentialsOf(request.headers.authorization);
  const session = given?.id === params["id"] && (await domain.clients.of(given!.id, given!.token));
  if (!session) throw unknown();
  await domain.clients.revoke(session.user, session._id);
  send(200, {});
}

/** `GET /auth/me?authenticate=true`. */
export async function me(call: Call): Promise<void> {
  const { viewer, url, send } = call;
  if (!viewer && url.searchParams.get("authenticate") !== "true") return send(200, { id: "" });
  const { id, handle } = signedInClient(call);
  send(200, { id, githubProfileId: "", handle, preferredRegion: "" });
}
