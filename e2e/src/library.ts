import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The folder with content of all kinds but challenges that the arena under test watches. */
const libraryDir = process.env["AGON_LIBRARY_DIR"] ?? "";

/** Puts files, by their path in the library, where the arena finds them; takes their folders out again. */
export function publishFiles(files: Record<string, string>): Disposable {
  if (!libraryDir) throw new Error("AGON_LIBRARY_DIR is not set: run ./agon test --only e2e");
  const made = mkdtempSync(join(tmpdir(), "agon-e2e-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    writeFileSync(join(made, path), text);
  }
  // kind/name of each: what goes away together.
  const folders = new Set(Object.keys(files).map((path) => path.split("/").slice(0, 2).join("/")));
  for (const folder of folders)
    cpSync(join(made, folder), join(libraryDir, folder), { recursive: true });
  rmSync(made, { recursive: true });
  return {
    [Symbol.dispose]: () => {
      for (const folder of folders)
        rmSync(join(libraryDir, folder), { recursive: true, force: true });
    },
  };
}

/** A tutorial with a task, a variable, tabs and an image; and a course and a path that lead to it. */
export function inventedLibrary(name: string, word: string): Record<string, string> {
  const head = (rest: string) =>
    `---\ndescription: Made while the tests ran.\ncategories: [linux]\ntagz: [${word}]\ncreatedAt: 2026-11-28\n${rest}\n---\n`;
  return {
    [`tutorials/${name}/__static__/wiring-${name}.svg`]: `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="320" viewBox="0 0 640 320"><rect width="640" height="320" fill="#888"/></svg>`,
    [`tutorials/${name}/index.md`]: `${head(`kind: tutorial
title: A tutorial of ${word}
playground:
  name: debian-stable
  machines: [{ name: debian-01, backend: container }]
vars:
  COLOUR: { shell: cat /srv/colour }
  HIDDEN: { shell: echo never-to-be-seen-${word} }
tasks:
  init_colour:
    init: true
    run: "[ -s /srv/colour ] || echo ultramarine-$RANDOM > /srv/colour; chmod 777 /srv"
  verify_file:
    run: '[ "$(cat /srv/answer 2>/dev/null)" = "$(cat /srv/colour)" ]'
    hintcheck: echo "There is no /srv/answer with the colour."`)}
The colour is {{ vars.COLOUR || 'not known yet' }}, as code :code-var{name=COLOUR default='unknown'}.

::image-box
---
:src: __static__/wiring-${name}.svg
:alt: A grey box
---
::

::tabbed
---
:tabs: [{ name: debian, title: Debian }, { name: alpine, title: Alpine }]
---
#debian
First, for Debian.
#alpine
First, for Alpine.
::

::tabbed
---
:tabs: [{ name: debian, title: Debian }, { name: alpine, title: Alpine }]
---
#debian
Second, for Debian.
#alpine
Second, for Alpine.
::

Open :tab{text='one more shell' machine=debian-01 :new=true}.

::simple-task
---
:tasks: tasks
:name: verify_file
---
#active
The colour stands in a file.
#completed
It does stand there.
::
`,
    [`courses/${name}/index.md`]: `${head(`kind: course\ntitle: A course of ${word}`)}About.\n`,
    [`courses/${name}/10.one/index.md`]: `---\nkind: lesson\nname: one\ntitle: Lesson one\n---\n`,
    [`courses/${name}/10.one/unit-10.md`]: `---\nkind: unit\ntitle: Words\n---\nOnly words.\n`,
    [`courses/${name}/20.two/index.md`]: `---\nkind: lesson\nname: two\ntitle: Lesson two\n---\n`,
    [`courses/${name}/20.two/unit-10.md`]: `---\nkind: unit\ntitle: More\n---\nMore words.\n`,
    [`skill-paths/${name}/index.md`]: `${head(`kind: skill-path\ntitle: A path of ${word}`)}Two steps.\n`,
    [`skill-paths/${name}/unit-10.md`]: `---\nkind: unit\ntitle: Step one\ntutorials: { ${name}: {} }\n---\n::card\n---\n:content: tutorials.${name}\n---\n::\n`,
    [`skill-paths/${name}/unit-20.md`]: `---\nkind: unit\ntitle: Step two\ncourses: { ${name}: {} }\n---\n::card\n---\n:content: courses.${name}\n---\n::\n`,
  };
}
