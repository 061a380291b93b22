import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ImageFiles } from "./image-files.ts";

/** What Debian writes there; without it no service finds `localhost`. */
const HOSTS = `127.0.0.1\tlocalhost
::1\t\tlocalhost ip6-localhost ip6-loopback
ff02::1\t\tip6-allnodes
ff02::2\t\tip6-allrouters
`;

/** Changes whenever {@link removeDockerTraces} makes another disk. */
export const TRACES = "1";

/**
 * Takes back what Docker does to the files of every container, which shows in what it exports of one:
 * /.dockerenv, by which systemd takes the machine for a container, and an empty /etc/hosts.
 * @param disk raw disk that nobody uses yet. @param folder for files that are needed meanwhile.
 */
export async function removeDockerTraces(disk: string, folder: string): Promise<void> {
  const files = new ImageFiles(disk);
  const commands = ["rm /.dockerenv"];
  const hosts = await files.read("/etc/hosts");
  if (!hosts?.content.length) {
    writeFileSync(join(folder, "hosts"), HOSTS, { mode: 0o644 });
    commands.push("cd /etc", "rm hosts", "write hosts hosts");
  }
  writeFileSync(join(folder, "commands"), commands.join("\n"));
  await execa("debugfs", ["-w", "-f", "commands", disk], { cwd: folder });
  // It ends well whatever it did.
  if ((await files.read("/.dockerenv")) || !(await files.read("/etc/hosts"))?.content.length)
    throw new Error("what Docker left in the files of an image could not be removed");
}
