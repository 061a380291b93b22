import { TaskState } from "@agon/protocol/task-state";
import { renderToString } from "solid-js/web";
import { expect, test } from "vitest";
import { Body } from "~/markdown/body";
import { exampleScene } from "~/markdown/example-scene";
import { blockComponents } from "~/markdown/components/blocks";
import { inlineComponents } from "~/markdown/components/inline";
import { acts } from "./acts";
import { sheets } from "./sheets";
import { specimens } from "./specimens";

const all = sheets.flatMap((sheet) => sheet.specimens);
/** Each file of a component, with what it exports. */
const files = Object.entries(
  import.meta.glob<Record<string, unknown>>("../markdown/components/*.tsx", { eager: true }),
).map(([path, exported]) => ({
  name: path.split("/").at(-1)!.replace(".tsx", ""),
  exported: Object.values(exported),
}));

const drawn = new Map(
  all.map((one) => [one.id, renderToString(() => <Body text={one.text} scene={exampleScene()} />)]),
);

/** What the HTML of a component has that no text names. */
const MARKS: Record<string, string> = {
  "author-note": 'class="authornote"',
  "code-block": 'class="codebox"',
  unknown: "There is no component",
  "var-text": ' data-var="PORT">',
  "zoomed-image": 'class="zoom"',
};

test("every file of a component has a specimen, and every specimen names such a file", () => {
  const shown = new Set(all.map((one) => one.component));
  expect(files.length).toBeGreaterThan(15);
  expect([...shown].sort()).toEqual([...files.map((one) => one.name), "text"].sort());
});

test("every name that a text may write is in a specimen of its file", () => {
  const names = Object.entries({ ...blockComponents, ...inlineComponents });
  expect(names.length).toBeGreaterThan(12);
  const missing = names.filter(([name, component]) => {
    const file = files.find((one) => one.exported.includes(component));
    return !all.some(
      (one) => one.component === file?.name && new RegExp(`:${name}(?![\\w-])`).test(one.text),
    );
  });
  expect(missing.map(([name]) => name)).toEqual([]);
});

test("components that no text names are drawn by their specimens", () => {
  const named = new Set<unknown>(Object.values({ ...blockComponents, ...inlineComponents }));
  const others = files.filter((one) => !one.exported.some((exported) => named.has(exported)));
  expect(others.map((one) => one.name).sort()).toEqual(Object.keys(MARKS).sort());
  for (const one of all.filter((specimen) => specimen.component in MARKS))
    expect(drawn.get(one.id)).toContain(MARKS[one.component]);
});

test("a task, with an answer and without, is shown in every state that the protocol knows", () => {
  const known = Object.values(TaskState).map(String).sort();
  for (const name of ["simple-task", "user-input-task"]) {
    const states = all
      .filter((one) => one.text.startsWith(`::${name}\n`))
      .flatMap((one) => drawn.get(one.id)!.match(/data-state="(\d+)"/)?.[1] ?? []);
    expect([...new Set(states)].sort()).toEqual(known);
  }
});

test("specimens are told apart by their ids, and acts belong to some", () => {
  const ids = all.map((one) => one.id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  expect(Object.keys(acts).filter((id) => !ids.includes(id))).toEqual([]);
});

test("a text before the first mark is a mistake", () => {
  expect(() => specimens("Words\n\n<!-- text: words -->\n\nMore")).toThrow(/before "Words"/);
});
