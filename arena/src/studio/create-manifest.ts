import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from "solid-js";
import { ask, type AskError } from "~/live/ask";
import type { ContentProblem } from "~/live/types";
import { addItem, removeItem, rootDrive, setValue } from "./manifest";
import {
  SPEC,
  faultOf,
  parsed,
  readForm,
  type Fault,
  type ManifestForm,
  type Path,
} from "./manifest-form";
import {
  mentionsOf,
  referencesTo,
  removeNamed,
  rename,
  renameMentions,
  type Named,
  type Reference,
} from "./manifest-references";

/** Milliseconds of silence after which the manifest is checked. */
const SETTLE = 300;
/** Steps back that are kept. */
const KEPT = 100;

/** What a change did beyond its own field, and what else may be meant by it. */
export interface Notice {
  text: string;
  /** False where nothing was changed: the name was refused. */
  changed: boolean;
  /** What the author had in hand is gone: the way back gets the focus. */
  gone?: boolean;
  /** A second step that only the author can decide. */
  more?: { label: string; act: () => void };
}

/** A manifest's text with its form, and what changes both. */
export interface ManifestEditor {
  text: Accessor<string>;
  /** The last form that could be read: while the text is no YAML it stands, locked. */
  form: Accessor<{ form: ManifestForm; locked: boolean; fault?: Fault }>;
  notice: Accessor<Notice | undefined>;
  /** Undefined until it was checked. */
  problems: Accessor<ContentProblem[] | undefined>;
  /** Why it could not be checked; empty = it was. */
  refused: Accessor<string>;
  change: (next: string) => void;
  /** Another manifest: no step back leads out of it. */
  open: (text: string) => void;
  undo: () => void;
  /** Takes the last step back again, until something is changed. */
  redo: () => void;
  /** Steps that can be taken back, and again. */
  steps: Accessor<{ back: number; again: number }>;
  setTop: (key: string, value: unknown) => void;
  set: (path: Path, value: unknown) => void;
  setRoot: (machine: number, key: string, value: unknown) => void;
  add: (path: Path, value: unknown) => void;
  remove: (path: Path) => void;
  has: (path: Path) => boolean;
  /** Several changes that are one step back. */
  all: (edits: [Path, unknown][]) => void;
  names: (of: Named) => string[];
  /** Another name; what names it follows. A name that is empty or taken is refused. */
  rename: (of: Named, at: number, to: string) => void;
  references: (of: Named, at: number) => Reference[];
  /** Takes one away, with what names it, or gives that to another one. */
  removeNamed: (of: Named, at: number, instead?: string) => void;
}

const ONE: Record<Named, string> = {
  machines: "machine",
  networks: "network",
  initTasks: "init task",
};

/** "tab 1, tab 2 and 3 more": as many as a line holds. */
export function listed(words: readonly string[], most = 4): string {
  const shown = words.slice(0, most);
  const left = words.length - shown.length;
  if (left > 0) return `${shown.join(", ")} and ${left} more`;
  return shown.length > 1
    ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`
    : (shown[0] ?? "");
}

/** Makes the editor of one manifest; it is checked by api whenever its text rests. */
export function createManifest(start: string): ManifestEditor {
  const [text, setText] = createSignal(start);
  const [past, setPast] = createSignal<string[]>([]);
  const [undone, setUndone] = createSignal<string[]>([]);
  const [problems, setProblems] = createSignal<ContentProblem[]>();
  const [refused, setRefused] = createSignal("");
  const [notice, setNotice] = createSignal<Notice>();
  const form = createMemo<{ form: ManifestForm; locked: boolean; fault?: Fault }>(
    (before) => {
      const now = readForm(text());
      if (now) return { form: now, locked: false };
      const fault = faultOf(text());
      return { form: before.form, locked: true, ...(fault && { fault }) };
    },
    { form: readForm(start)!, locked: false },
  );
  const change = (next: string) => {
    if (next === text()) return;
    setNotice(undefined);
    setPast([...past().slice(-KEPT + 1), text()]);
    setUndone([]);
    setText(next);
  };
  const names = (of: Named) => form().form[of].map(({ name }) => name);
  const renamed = (of: Named, at: number, to: string) => {
    const from = names(of)[at];
    if (from === undefined || to === from) return;
    const refuse = (why: string) => setNotice({ text: `${why} is still ${from}.`, changed: false });
    if (!to) return refuse(`A ${ONE[of]} needs a name: this one`);
    if (names(of).includes(to)) return refuse(`Another ${ONE[of]} is called ${to}: this one`);
    const follow = referencesTo(text(), of, from).map(({ where }) => where);
    const next = rename(text(), of, at, from, to);
    if (next === text()) return refuse(`An alias of the YAML repeats it: this ${ONE[of]}`);
    change(next);
    const mentioned = from ? mentionsOf(text(), from).map(({ where }) => where) : [];
    if (!follow.length && !mentioned.length) return;
    setNotice({
      text: [
        `${from} is called ${to} now.`,
        ...(follow.length ? [`It is followed by ${listed(follow)}.`] : []),
        ...(mentioned.length ? [`The word ${from} stands in ${listed(mentioned)}.`] : []),
      ].join(" "),
      changed: true,
      ...(mentioned.length && {
        more: {
          label: "Change it there, too",
          act: () => change(renameMentions(text(), from, to)),
        },
      }),
    });
  };
  const removed = (of: Named, at: number, instead?: string) => {
    const name = names(of)[at];
    if (name === undefined) return;
    const follow = referencesTo(text(), of, name).map(({ where }) => where);
    const next = removeNamed(text(), of, at, name, instead);
    if (next === text())
      return setNotice({
        text: `${name} stays: an alias of the YAML repeats a part of it. Change it there.`,
        changed: false,
      });
    change(next);
    setNotice({
      text:
        instead === undefined
          ? `${name} is gone${follow.length ? `, and with it ${listed(follow)}` : ""}.`
          : `${name} is gone; ${instead} has ${listed(follow)}.`,
      changed: true,
      gone: true,
    });
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
    notice,
    problems,
    refused,
    change,
    open: (next) => {
      setPast([]);
      setUndone([]);
      setNotice(undefined);
      setText(next);
    },
    undo: () => {
      const last = past().at(-1);
      if (last === undefined) return;
      setNotice(undefined);
      setPast(past().slice(0, -1));
      setUndone([...undone(), text()]);
      setText(last);
    },
    redo: () => {
      const next = undone().at(-1);
      if (next === undefined) return;
      setNotice(undefined);
      setUndone(undone().slice(0, -1));
      setPast([...past(), text()]);
      setText(next);
    },
    steps: () => ({ back: past().length, again: undone().length }),
    setTop: (key, value) => change(setValue(text(), [key], value)),
    set: (path, value) => change(setValue(text(), [SPEC, ...path], value)),
    setRoot: (machine, key, value) =>
      change(setValue(text(), [...rootDrive(text(), machine), key], value)),
    add: (path, value) => change(addItem(text(), [SPEC, ...path], value)),
    remove: (path) => change(removeItem(text(), [SPEC, ...path])),
    has: (path) => parsed(text())?.hasIn([SPEC, ...path]) ?? false,
    all: (edits) =>
      change(edits.reduce((now, [path, value]) => setValue(now, [SPEC, ...path], value), text())),
    names,
    rename: renamed,
    references: (of, at) => referencesTo(text(), of, names(of)[at] ?? ""),
    removeNamed: removed,
  };
}
