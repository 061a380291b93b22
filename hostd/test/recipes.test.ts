import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { StartPlayRequest } from "@agon/protocol/host";
import { here } from "@agon/testing/host-process";
import { agon, AuthorImage, docker } from "./author-image.ts";
import { HostRig, machine } from "./host-rig.ts";
import { ownCaches } from "./own-caches.ts";
import { Registry } from "./registry.ts";

const given = process.env["AGON_TEST_MICROVM"];
if (!given)
  throw new Error("AGON_TEST_MICROVM is not set: run ./agon test --only hostd, which builds it");
const playgrounds = resolve(import.meta.dirname, "../../playgrounds");

/** Recipes as the front door knows them. */
const { images: recipes } = JSON.parse(await agon("images", "--json")) as {
  images: { name: string; backends: string[] }[];
};

/** What systemd takes a machine for: it leaves out in a container what a virtual machine needs. */
const CONTAINER: Record<string, string> = { microvm: "none", container: "docker" };

/** Run inside as root: fails where the image is not what its recipe promises. */
const checkOf = (name: string) => join(playgrounds, name, "image/check.sh");

test("every folder with an image is a recipe, and says how to see what it promises", () => {
  const folders = readdirSync(playgrounds).filter((name) =>
    existsSync(join(playgrounds, name, "image")),
  );
  expect(recipes.map(({ name }) => name)).toEqual(folders);
  expect(folders.filter((name) => !existsSync(checkOf(name)))).toEqual([]);
});

test.concurrent.for(recipes)(
  "$name: exported, a Dockerfile FROM it pushed, booted by oci://, it is what it promises",
  { timeout: 900_000 },
  async ({ name, backends }) => {
    const folder = mkdtempSync(join(tmpdir(), `agon-recipe-${name}-`));
    const caches = JSON.stringify(ownCaches(given, folder));
    const rig = new HostRig(caches, here());
    const registry = new Registry();
    const repository = `lab/${name}`;
    let pulled = "";
    try {
      await Promise.all([rig.setUp(), registry.start()]);
      {
        await using image = await AuthorImage.build(name, folder, registry);
        const digest = await image.push(registry, `${repository}:v1`);
        pulled = `${registry.address}/${repository}@${digest}`;
      }
      const machines = backends.map((backend, index) =>
        machine(backend, `172.16.0.${index + 2}/24`, {
          image: `oci://${registry.address}/${repository}:v1`,
          backend,
          memoryBytes: 2 ** 30,
        }),
      );
      const spec = StartPlayRequest.fromPartial({
        play: name,
        machines,
        networks: [{ name: "local", subnet: "172.16.0.0/24", gateway: "172.16.0.1" }],
      });
      await rig.call("startPlay", spec);
      await rig.running([name], 600);
      const check = readFileSync(checkOf(name), "utf8");
      for (const backend of backends) {
        const inside = (script: string) => rig.exec(name, backend, script);
        const booted = await inside(
          "sudo cat /opt/link; stat -c %a /opt/hello; id -un guest; hostname; cat /proc/1/comm; getent hosts localhost | grep -c .; sudo systemd-detect-virt --container; systemctl is-system-running --wait; systemctl list-units --failed --no-legend --plain | while read -r unit rest; do sudo journalctl -u $unit --no-pager -n 20; systemctl status $unit; done",
        );
        expect(booted.stdout, backend).toBe(
          `${AuthorImage.HELLO}600\nguest\n${backend}\nsystemd\n1\n${CONTAINER[backend]}\nrunning\n`,
        );
        const seen = await inside(`sudo sh -x <<'CHECK'\n${check}\nCHECK\n`);
        expect(seen.code, `${name} on ${backend}:\n${seen.stdout}${seen.stderr}`).toBe(0);
      }
    } finally {
      await rig.tearDown();
      if (pulled) await docker("rmi", pulled).catch(() => "");
      await registry.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
