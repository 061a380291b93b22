import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StartPlayRequest } from "@agon/protocol/host";
import { here } from "@agon/testing/host-process";
import { until } from "@agon/testing/until";
import { HostRig, machine } from "./host-rig.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const MIB = 2 ** 20;
const rig = new HostRig(given, here(), "0", { AGON_REGISTRY_BYTES: String(40 * MIB) });
const NAME = "registry.iximiuz.com";

const docker = machine("docker", "172.16.0.2/24", {
  backend: "microvm",
  image: "docker",
  cpuCount: 2,
  memoryBytes: 1024 * MIB,
  diskBytes: 4096 * MIB,
});

/** Docker, a neighbour on the same network, and one on a private network only. */
const own = StartPlayRequest.fromPartial({
  play: "registry-own",
  keepAttended: true,
  machines: [
    docker,
    machine("desk", "172.16.0.3/24", { backend: "container" }),
    machine("vault", "", {
      backend: "container",
      interfaces: [{ network: "back", address: "10.9.0.2/29", mac: "" }],
    }),
  ],
  networks: [
    { name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" },
    { name: "back", subnet: "10.9.0.0/29", gateway: "10.9.0.1", private: true },
  ],
});
/** Another one with the same addresses, and a password. */
const other = StartPlayRequest.fromPartial({
  play: "registry-other",
  keepAttended: true,
  machines: [machine("desk", "172.16.0.3/24", { backend: "container" })],
  networks: [{ name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" }],
  registryAuth: "keeper:pass:word",
});

beforeAll(async () => {
  await rig.setUp();
  await rig.call("startPlay", own);
  await rig.call("startPlay", other);
  await rig.running([own.play, other.play], 300);
}, 320_000);

afterAll(() => rig.tearDown());

const run = async (play: string, name: string, script: string) => {
  const { code, stdout, stderr } = await rig.exec(play, name, script);
  return { code, stdout: stdout.trim(), stderr };
};
/** Asks the registry. @returns the answer and its code, in one line. */
const ask = async (play: string, name: string, path: string, rest = "") => {
  const script = `curl -sS -m 30 -w ' %{http_code}' ${rest} https://${NAME}/v2/${path}`;
  const told = await run(play, name, script);
  return { ...told, stdout: told.stdout.replaceAll("\n", "") };
};

/** Processes of the user that a play's registry runs as, with their command. */
function processes(play: string): string[] {
  const file = join(rig.folder, "state/registries", play, "registry.json");
  if (!existsSync(file)) return [];
  const { uid } = JSON.parse(readFileSync(file, "utf8")) as { uid: number };
  return readdirSync("/proc").flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const found = status.includes(`\nUid:\t${uid}\t${uid}\t`) && /^CapEff:\t0+$/m.test(status);
      return found ? [readFileSync(`/proc/${pid}/comm`, "utf8").trim()] : [];
    } catch {
      return [];
    }
  });
}

test("Docker in a machine pushes to the registry of its play and pulls from it, without a setting", async () => {
  const script = `docker tag busybox ${NAME}/lab/tools:v1 && docker push -q ${NAME}/lab/tools:v1 &&
    docker rmi ${NAME}/lab/tools:v1 >/dev/null && docker run --rm ${NAME}/lab/tools:v1 echo pulled`;
  expect(await run(own.play, "docker", script)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/pulled$/),
  });
  // On a private network without a way out, too, and by programs that know the system's store only.
  for (const name of ["desk", "vault"])
    expect((await ask(own.play, name, "lab/tools/tags/list")).stdout).toBe(
      '{"name":"lab/tools","tags":["v1"]} 200',
    );
  const python = `python3 -c "import ssl, socket
s = ssl.create_default_context().wrap_socket(socket.create_connection(('${NAME}', 443)), server_hostname='${NAME}')
print(s.version())"`;
  expect((await run(own.play, "desk", python)).stdout).toBe("TLSv1.3");
}, 120_000);

test("another play has its own: empty, and only for who knows the password", async () => {
  expect((await ask(other.play, "desk", "_catalog")).stdout).toMatch(/ 401$/);
  expect((await ask(other.play, "desk", "_catalog", "-u keeper:pass")).stdout).toMatch(/ 401$/);
  expect((await ask(other.play, "desk", "_catalog", "-u keeper:pass:word")).stdout).toBe(
    '{"repositories":[]} 200',
  );
});

test("it runs as a user of its own without any rights, and is in reach of the play's machines only", async () => {
  expect(new Set(processes(own.play))).toEqual(new Set(["socat", "docker-registry"]));
  const [address] = (await run(own.play, "desk", `getent hosts ${NAME}`)).stdout.split(" ");
  expect(address).toBe("172.16.0.254");
  // Not this computer, which has no way into the namespace, and no other port of it.
  await expect(
    fetch(`https://${address}/v2/`, { signal: AbortSignal.timeout(2_000) }),
  ).rejects.toThrow();
  const ports = `for p in 22 80 5000; do timeout 1 bash -c "echo > /dev/tcp/${address}/$p" 2>/dev/null && echo $p; done; true`;
  expect((await run(own.play, "desk", ports)).stdout).toBe("");
});

test("kill -9 of hostd: it goes on with what it has; kill -9 of the registry: it is opened again", async () => {
  await rig.kill();
  await rig.start();
  expect((await ask(own.play, "desk", "lab/tools/tags/list")).stdout).toMatch(/"v1".* 200$/);
  const file = join(rig.folder, "state/registries", own.play, "registry.json");
  const { uid } = JSON.parse(readFileSync(file, "utf8")) as { uid: number };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      if (readFileSync(`/proc/${pid}/status`, "utf8").includes(`\nUid:\t${uid}\t`))
        process.kill(Number(pid), "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  await until(
    "the registry answers again",
    async () => (await ask(own.play, "desk", "lab/tools/tags/list")).stdout.endsWith(" 200"),
    30,
  );
}, 60_000);

test("a full registry takes nothing more, and still gives", async () => {
  const push = `set -e; d=$(mktemp -d); head -c 30000000 /dev/urandom > $d/blob; sum=$(sha256sum $d/blob | cut -d' ' -f1)
    at=$(curl -sS -i -X POST https://${NAME}/v2/lab/big/blobs/uploads/ | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')
    curl -sS -o /dev/null -w '%{http_code}' -X PUT -H 'content-type: application/octet-stream' --data-binary @$d/blob "$at&digest=sha256:$sum"; rm -r $d`;
  expect((await run(own.play, "desk", push)).stdout).toBe("201");
  expect((await run(own.play, "desk", push)).stdout).toBe("201");
  await until(
    "it is full",
    async () => {
      const { stdout } = await ask(own.play, "desk", "lab/big/blobs/uploads/", "-X POST");
      return stdout.endsWith(" 405");
    },
    30,
  );
  expect((await ask(own.play, "desk", "lab/tools/tags/list")).stdout).toMatch(/"v1".* 200$/);
}, 90_000);

test("it goes with its play", async () => {
  expect(processes(own.play)).not.toEqual([]);
  await rig.call("destroyPlay", { play: own.play });
  await until("its processes are gone", () => processes(own.play).length === 0);
  expect(readdirSync(join(rig.folder, "state/registries"))).toEqual([other.play]);
  await rig.call("destroyPlay", { play: other.play });
  expect(await rig.left()).toBe("");
});
