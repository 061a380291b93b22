import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The folder that the arena under test watches. */
export const contentDir = process.env["AGON_CONTENT_DIR"] ?? "";
/** Its address. */
export const endpoint = process.env["AGON_ENDPOINT"] ?? "";
if (!contentDir || !endpoint)
  throw new Error("AGON_ENDPOINT and AGON_CONTENT_DIR are not set: run ./agon test --only e2e");

/** Copies a challenge with two tasks, whose tokens were invented a moment ago, into the watched folder. */
export function publishInvented(name: string, token: string, answer: string): Disposable {
  const made = mkdtempSync(join(tmpdir(), "agon-e2e-"));
  writeFileSync(
    join(made, "index.md"),
    `---
kind: challenge
title: Invented at run time ${name}
description: A challenge that did not exist when this test began.
categories: [linux]
tagz: [e2e]
difficulty: easy
createdAt: 2026-11-23
playground:
  name: debian-stable
tasks:
  init_ground:
    init: true
    run: mkdir -p /srv/e2e && chmod 777 /srv/e2e
  verify_file:
    run: |
      [ "$(cat /srv/e2e/token 2>/dev/null)" = "${token}" ]
    hintcheck: |
      [ -f /srv/e2e/token ] || echo "There is no /srv/e2e/token yet."
  verify_answer:
    needs: [verify_file]
    run: |
      [ "x(.input)" = "${answer}" ]
    hintcheck: |
      echo "That is not the answer."
---

Write the token into \`/srv/e2e/token\`.

::simple-task
---
:tasks: tasks
:name: verify_file
---
#active
The token is in the file.

#completed
It is there.
::

::user-input-task
---
:tasks: tasks
:name: verify_answer
---
#active
What is the answer?

#completed
Correct.
::
`,
  );
  const target = join(contentDir, name);
  mkdirSync(contentDir, { recursive: true });
  cpSync(made, target, { recursive: true });
  rmSync(made, { recursive: true });
  return { [Symbol.dispose]: () => rmSync(target, { recursive: true, force: true }) };
}
