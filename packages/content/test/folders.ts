import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { loadCatalogue } from "../src/load.ts";
import type { Catalogue, Challenge, Problem } from "../src/model.ts";

/** The repository's own playgrounds. */
export const shippedPlaygrounds = resolve(import.meta.dirname, "../../../playgrounds");

/** A temporary folder with files by relative path; it is removed when it goes out of scope. */
export function folderWith(files: Record<string, string>): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "agon-content-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The tests' own checks are stand-ins and explain nothing, which has a test of its own. */
export const aboutMore = ({ code }: Problem): boolean => code !== "AG071";

/** Loads files as challenges over the shipped playgrounds. */
export async function load(files: Record<string, string>): Promise<Catalogue> {
  using folder = folderWith(files);
  const catalogue = await loadCatalogue(folder.path, shippedPlaygrounds);
  return { ...catalogue, problems: catalogue.problems.filter(aboutMore) };
}

/** The head of a challenge, to which tests append what they are about: 8 lines. */
export const HEAD = `---
kind: challenge
title: A challenge for a test
description: Made by a test.
categories: [linux]
tagz: [test]
difficulty: easy
createdAt: 2026-11-23
`;

/** Loads one challenge from what follows HEAD in its front matter, and its body. */
export async function one(
  rest: string,
  body = "",
): Promise<{ challenge: Challenge | undefined; problems: Problem[] }> {
  const { challenges, problems } = await load({ "it/index.md": `${HEAD}${rest}---\n${body}` });
  return { challenge: challenges.get("it"), problems };
}

/** A problem in short: `line:column message`. */
export const short = (problem: Problem): string =>
  `${problem.line}:${problem.column} ${problem.message}`;
