import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { rolldown } from "rolldown";

// Builds the folder that every machine gets read-only: bundles, Node and the libraries that it needs.
const out = resolve(process.argv[2] ?? "dist");
const here = import.meta.dirname;
mkdirSync(join(out, "lib"), { recursive: true });
mkdirSync(join(out, "bin"), { recursive: true });
// Without a compiler at run time: these programs do little, and an emulated processor must translate a
// compiler, and each thing that it makes, before it runs. Machines start in half the time and are smaller.
for (const [name, entry] of Object.entries({
  examiner: "main.ts",
  terminals: "terminals-main.ts",
  examinerctl: "examinerctl.ts",
})) {
  const bundle = await rolldown({
    input: join(here, "src", entry),
    platform: "node",
    external: ["@lydell/node-pty"],
    logLevel: "silent",
  });
  await bundle.write({ file: join(out, `${name}.mjs`), format: "esm", minify: true });
  await bundle.close();
  writeFileSync(
    join(out, "bin", name),
    `#!/bin/sh\n# Its own loader and libraries: any root filesystem works. Children do not inherit them.\nhere=/opt/agon\n[ -x "$here/node" ] || here=$(dirname "$(dirname "$(readlink -f "$0")")")\nexec "$here/lib/ld-linux-x86-64.so.2" --library-path "$here/lib" "$here/node" --max-semi-space-size=2 --jitless "$here/${name}.mjs" "$@"\n`,
  );
  chmodSync(join(out, "bin", name), 0o755);
}
copyFileSync(join(here, "src/prompt-hook.bash"), join(out, "prompt-hook.bash"));
chmodSync(join(out, "prompt-hook.bash"), 0o644);
copyFileSync(realpathSync(process.execPath), join(out, "node"));
chmodSync(join(out, "node"), 0o755);
const require = createRequire(import.meta.url);
const pty = dirname(require.resolve("@lydell/node-pty/package.json"));
const native = `node-pty-linux-${process.arch}`;
for (const name of ["node-pty", native])
  cpSync(join(dirname(pty), name), join(out, "node_modules/@lydell", name), { recursive: true });
const objects = [process.execPath, join(dirname(pty), native, "pty.node")];
const libraries = new Set(
  objects.flatMap((file) =>
    [...execFileSync("ldd", [file], { encoding: "utf8" }).matchAll(/(\/\S+\.so\S*)/g)].map(
      (match) => match[1]!,
    ),
  ),
);
for (const library of libraries)
  copyFileSync(realpathSync(library), join(out, "lib", basename(library)));
