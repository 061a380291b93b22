import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from "solid-js";
import { ask, type AskError } from "~/live/ask";
import type { ContentProblem } from "~/live/types";
import {
  SPEC,
  addItem,
  readForm,
  removeItem,
  rootDrive,
  setValue,
  type ManifestForm,
  type Path,
} from "./manifest";

/** Milliseconds of silence after which the manifest is checked. */
const SETTLE = 300;
/** Steps back that are kept. */
const KEPT = 100;

/** A manifest's text with its form, and what changes both. */
export interface ManifestEditor {
  text: Accessor<string>;
  /** The last form that could be read: while the text is no YAML it stands, locked. */
  form: Accessor<{ form: ManifestForm; locked: boolean }>;
  /** Undefined until it was checked. */
  problems: Accessor<ContentProblem[] | undefined>;
  /** Why it could not be checked; empty = it was. */
  refused: Accessor<string>;
  change: (next: string) => void;
  /** Another manifest: no step back leads out of it. */
  open: (text: string) => void;
  undo: () => void;
  steps: Accessor<number>;
  setTop: (key: string, value: unknown) => void;
  set: (path: Path, value: unknown) => void;
  setRoot: (machine: number, key: string, value: unknown) => void;
  add: (path: Path, value: unknown) => void;
  remove: (path: Path) => void;
  names: (of: "machines" | "networks") => string[];
}

/** Makes the editor of one manifest; it is checked by api whenever its text rests. */
export function createManifest(start: string): ManifestEditor {
  const [text, setText] = createSignal(start);
  const [past, setPast] = createSignal<string[]>([]);
  const [problems, setProblems] = createSignal<ContentProblem[]>();
  const [refused, setRefused] = createSignal("");
  const form = createMemo<{ form: ManifestForm; locked: boolean }>(
    (before) => {
      const now = readForm(text());
      return now ? { form: now, locked: false } : { form: before.form, locked: true };
    },
    { form: readForm(start)!, locked: false },
  );
  const change = (next: string) => {
    if (next === text()) return;
    setPast([...past().slice(-KEPT + 1), text()]);
    setText(next);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  createEffect(
    on(text, (manifest) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const mine = ++asked;
        ask<{ checkPlayground: ContentProblem[] }>(
          "query($m: String!) { checkPlayground(manifest: $m) { file line column severity code message fix excerpt } }",
          { m: manifest },
        ).then(
          ({ checkPlayground }) => {
            if (mine !== asked) return;
            setProblems(checkPlayground);
            setRefused("");
          },
          (error: AskError) => setRefused(`${error.message} ${error.help}`),
        );
      }, SETTLE);
    }),
  );
  onCleanup(() => clearTimeout(timer));
  return {
    text,
    form,
    problems,
    refused,
    change,
    open: (next) => {
      setPast([]);
      setText(next);
    },
    undo: () => {
      const last = past().at(-1);
      if (last === undefined) return;
      setPast(past().slice(0, -1));
      setText(last);
    },
    steps: () => past().length,
    setTop: (key, value) => change(setValue(text(), [key], value)),
    set: (path, value) => change(setValue(text(), [SPEC, ...path], value)),
    setRoot: (machine, key, value) =>
      change(setValue(text(), [...rootDrive(text(), machine), key], value)),
    add: (path, value) => change(addItem(text(), [SPEC, ...path], value)),
    remove: (path) => change(removeItem(text(), [SPEC, ...path])),
    names: (of) => form().form[of].map(({ name }) => name),
  };
}
