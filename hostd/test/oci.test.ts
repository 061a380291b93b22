import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StartPlayRequest, type RegistryCredential } from "@agon/protocol/host";
import { until } from "@agon/testing/until";
import { AuthorImage, docker } from "./author-image.ts";
import { HostRig, machine } from "./host-rig.ts";
import { Registry } from "./registry.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const rig = new HostRig(given);
const open = new Registry();
const closed = new Registry();
const owner = { username: "owner", password: "not-a-secret" };
const folder = mkdtempSync(join(tmpdir(), "agon-oci-"));

/** Names in Docker of what hosts pull. */
const made: string[] = [];
/** `sha256:…` of the image that was pushed. */
let digest = "";

function one(
  id: string,
  image: string,
  backend: string,
  registryCredentials: RegistryCredential[] = [],
): StartPlayRequest {
  return StartPlayRequest.fromPartial({
    play: id,
    machines: [machine("one", "172.16.0.2/24", { image, backend })],
    networks: [{ name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" }],
    registryCredentials,
  });
}

/** What a play fails with. */
async function failure(spec: StartPlayRequest): Promise<string> {
  await rig.call("startPlay", spec);
  await until("the play failed", () => rig.playState(spec.play) === "FAILED", 60);
  const found = rig.events.findLast(
    ({ play, event }) => play === spec.play && event?.$case === "state",
  );
  await rig.call("destroyPlay", { play: spec.play });
  return found?.event?.$case === "state" ? found.event.value.reason : "";
}

/** Puts an image into a registry by hand. @returns its manifest's digest. */
async function put(
  repository: string,
  architecture: string,
  layer: Buffer<ArrayBuffer>,
): Promise<string> {
  const hash = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const blob = async (bytes: Buffer<ArrayBuffer>) => {
    await open.putBlob(repository, hash(bytes), bytes);
    return { digest: hash(bytes), size: bytes.length };
  };
  const config = { architecture, os: "linux", rootfs: { type: "layers", diff_ids: [hash(layer)] } };
  const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      ...(await blob(Buffer.from(JSON.stringify(config)))),
    },
    layers: [{ mediaType: "application/vnd.docker.image.rootfs.diff.tar", ...(await blob(layer)) }],
  });
  await open.putManifest(repository, "v1", mediaType, manifest);
  return hash(Buffer.from(manifest));
}

beforeAll(async () => {
  await Promise.all([rig.setUp(), open.start(), closed.start(owner)]);
  await using desk = await AuthorImage.build("debian-12-minimal", folder);
  for (const [registry, login] of [[open], [closed, owner]] as const) {
    digest = await desk.push(registry, "lab/desk:v1", login);
    made.push(`${registry.address}/lab/desk@${digest}`);
  }
}, 400_000);

afterAll(async () => {
  await rig.tearDown();
  for (const name of made) await docker("rmi", name).catch(() => "");
  await Promise.all([open.stop(), closed.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

test("a Dockerfile FROM an exported recipe boots by oci:// on both drivers; by tag, and by tag and digest", async () => {
  await rig.call("startPlay", one("oci-c", `oci://${open.address}/lab/desk:v1`, "container"));
  const exact = `oci://${open.address}/lab/desk:v1@${digest}`;
  await rig.call("startPlay", one("oci-m", exact, "microvm"));
  await rig.running(["oci-c", "oci-m"], 500);
  for (const play of ["oci-c", "oci-m"]) {
    const script =
      "sudo cat /opt/link; stat -c %a /opt/hello; id -u guest; hostname; systemctl is-system-running --wait; ping -c1 -W3 one >/dev/null && echo pings";
    const { stdout } = await rig.exec(play, "one", script);
    expect(stdout, play).toMatch(
      /^from a Dockerfile\n600\n1002\none\n(?:running|degraded)\npings\n$/,
    );
  }
  // Who waited was told.
  const told = rig.events.flatMap(({ event }) =>
    event?.$case === "machine" ? [event.value.message] : [],
  );
  expect(told).toContain(`asking ${open.address} for lab/desk`);
}, 520_000);

test("it is pulled once, and asked for again for every play", async () => {
  const pulls = () => rig.output.split("\n").filter((line) => line.includes("image pulled")).length;
  const before = pulls();
  await rig.call("startPlay", one("oci-again", `oci://${open.address}/lab/desk:v1`, "container"));
  await rig.running(["oci-again"], 100);
  expect(pulls()).toBe(before);
});

test("what can't be a machine is told in words", async () => {
  const fails = (image: string) => failure(one("oci-wrong", `oci://${image}`, "container"));
  expect(await fails(`${open.address}/lab/desk:v9`)).toContain(":v9 is not in its registry");
  expect(await fails(`${open.address}/lab/none:v1`)).toContain("is not in its registry");
  const silent = new Registry();
  await silent.start();
  await silent.stop();
  expect(await fails(`${silent.address}/lab/desk:v1`)).toContain(
    `the registry ${silent.address} can't be reached: ECONNREFUSED`,
  );
  const layer = Buffer.alloc(1024);
  await put("lab/arm", "arm64", layer);
  expect(await fails(`${open.address}/lab/arm:v1`)).toContain(
    "is for linux/arm64; machines here are linux/amd64",
  );
  const other = await put("lab/bare", "amd64", layer);
  expect(await fails(`${open.address}/lab/bare:v1`)).toContain(
    "can't be a machine: it lacks an init (systemd-sysv), systemd (systemd), bash (bash)",
  );
  // A registry that hands out other bytes than the digest says.
  const hex = other.split(":")[1]!;
  const at = `data/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`;
  writeFileSync(join(open.folder, at), '{"schemaVersion": 2, "config": {}, "layers": []}');
  expect(await fails(`${open.address}/lab/bare:v1@${other}`)).toMatch(
    /the registry sent sha256:\w+ for sha256:|answered 500/,
  );
  await expect(
    rig.call("startPlay", one("oci-name", "oci://nowhere", "container")),
  ).rejects.toThrow("it names no registry");
}, 200_000);

test("a private image is for its owner only, also when it is here already", async () => {
  const image = `oci://${closed.address}/lab/desk:v1`;
  const own = [{ registry: closed.address, ...owner }];
  for (const backend of ["container", "microvm"])
    await rig.call("startPlay", one(`oci-own-${backend}`, image, backend, own));
  await rig.running(["oci-own-container", "oci-own-microvm"], 300);
  for (const backend of ["container", "microvm"]) {
    expect(await failure(one("oci-other", image, backend))).toContain(
      "the owner of this play has no credentials for it",
    );
    const wrong = [{ registry: closed.address, username: "other", password: "guessed" }];
    expect(await failure(one("oci-guess", image, backend, wrong))).toContain(
      `${closed.address} does not let other pull lab/desk`,
    );
    const exact = `${image}@${digest}`;
    expect(await failure(one("oci-exact", exact, backend))).toContain("no credentials");
  }
  // Nor by the name of what was made of it on this host.
  const disk = /"disk":"(oci-[0-9a-f]+)"/.exec(rig.output)?.[1];
  for (const name of [disk ?? "oci-0", `${closed.address}/lab/desk@${digest}`])
    await expect(rig.call("startPlay", one("oci-disk", name, "microvm"))).rejects.toThrow(
      "this host has no image",
    );
}, 320_000);
