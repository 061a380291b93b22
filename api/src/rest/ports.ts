import type { PortState } from "@agon/protocol/host";
import { failure } from "../failure.ts";
import type { PlayDoc } from "../models/play.ts";
import { readJson, signedInClient, type Call } from "./call.ts";

const own = (call: Call): Promise<PlayDoc> =>
  call.domain.plays.owned(call.params["id"]!, signedInClient(call));

/** A port as existing clients know it. */
const shape = (play: PlayDoc, port: PortState) => ({
  id: port.id,
  playId: play._id,
  machine: port.machine,
  number: port.port,
  hostname: port.url && new URL(port.url).hostname,
  access: port.public ? "public" : "private",
  tls: port.tls,
  hostRewrite: port.hostRewrite,
  pathRewrite: port.pathRewrite,
  url: port.url,
});

/** `GET /plays/{id}/ports`. */
export async function listPorts(call: Call): Promise<void> {
  const play = await own(call);
  const ports = await call.domain.ports.list(play);
  call.send(
    200,
    ports.map((port) => shape(play, port)),
  );
}

/** `POST /plays/{id}/ports`. Who has no browser there yet needs the address that lets one in. */
export async function exposePort(call: Call): Promise<void> {
  const play = await own(call);
  const { machine, number, access, ...body } = await readJson(call.request);
  if (typeof number !== "number" || typeof machine !== "string")
    throw failure("BAD_INPUT", "That is no port.", "Send a machine and a number.");
  if (access !== "public" && access !== "private")
    throw failure("BAD_INPUT", "That is no access.", "Send public or private.");
  const { ports } = call.domain;
  const { id, url } = await ports.open(play, {
    machine,
    port: number,
    https: body["tls"] === true,
    public: access === "public",
    hostRewrite: String(body["hostRewrite"] ?? ""),
    pathRewrite: String(body["pathRewrite"] ?? ""),
  });
  const open = (await ports.list(play)).find((one) => one.id === id);
  if (!open) throw failure("NOT_FOUND", "The port was closed meanwhile.", "Open it again.");
  call.send(201, { ...shape(play, open), url });
}

/** `DELETE /plays/{id}/ports/{portId}`. */
export async function unexposePort(call: Call): Promise<void> {
  const play = await own(call);
  const { ports } = call.domain;
  const id = call.params["port"]!;
  if (!(await ports.list(play)).some((one) => one.id === id))
    throw failure("NOT_FOUND", "The play has no such open port.", "See labctl expose list.");
  await ports.close(play, id);
  call.send(200, {});
}

/** `GET /plays/{id}/shells`: none are exposed here, and clients ask for them beside the ports. */
export async function listShells(call: Call): Promise<void> {
  await own(call);
  call.send(200, []);
}
