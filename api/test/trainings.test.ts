import { makeCertificates } from "@agon/testing/certificates";
import { until } from "@agon/testing/until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type App } from "../src/app.ts";
import { bootstrap } from "../src/bootstrap.ts";
import { ContentFolder, log, ownArena } from "./own-arena.ts";
import { Browser } from "./rig.ts";

const { run, common } = ownArena("trainings");
const content = new ContentFolder();
let apps: App[] = [];
let operator: Browser;
let teacher: Browser;
let ann: Browser;
let bob: Browser;
let nobody: Browser;

beforeAll(async () => {
  await makeCertificates(content.path, ["api"]);
  content.write("content/trainings/acme/index.md", "kind: training", "A week of networks.");
  content.write("content/trainings/acme/unit-10.md", "kind: unit\nname: first-day", "Day one.");
  content.write(
    "content/trainings/acme/unit-20.md",
    "kind: unit\nname: second-day\ntutorials: { cables: {} }",
    "Day two.",
  );
  content.write("content/tutorials/cables/index.md", "kind: tutorial", "Of cables.");
  const settings = {
    ...common,
    catalogue: await content.load(),
    pki: content.path,
    hosts: [],
  };
  apps = [
    await startApp({ ...settings, api: "api-1" }, log),
    await startApp({ ...settings, api: "api-2" }, log),
  ];
  const { port } = apps[0]!;
  const { operatorKey } = await bootstrap(settings);
  operator = new Browser(port, { authorization: `Bearer ${operatorKey}` });
  teacher = await new Browser(port).signUp(`teacher-${run}`);
  ann = await new Browser(port).signUp(`ann-${run}`);
  bob = await new Browser(port).signUp(`bob-${run}`);
  nobody = new Browser(port);
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  content[Symbol.dispose]();
});

const TRAINING =
  "training { startsAt endsAt active approval instructors mayEnrol enrolment teaches } parts { name body }";
const seen = async (who: Browser) =>
  (await who.ask(`{ content(kind: "training", name: "acme") { ${TRAINING} } }`)).data["content"];
const bodies = async (who: Browser): Promise<string[]> =>
  (await seen(who)).parts.map(({ body }: { body: string }) => body.trim());
const students = async (who: Browser) =>
  await who.ask(
    '{ content(kind: "training", name: "acme") { training { students { total waiting students { handle state decidedBy } } } } }',
  );
const terms = (who: Browser, given: Record<string, unknown>) =>
  who.ask(
    `mutation($s: String, $e: String, $a: Boolean!, $i: [String!]!) { setTrainingTerms(training: "acme", startsAt: $s, endsAt: $e, approval: $a, instructors: $i) { ${TRAINING} } }`,
    { a: true, i: [`teacher-${run}`], ...given },
  );
const decide = (who: Browser, handle: string, state: string) =>
  who.ask(
    `mutation($h: String!, $s: String!) { decideEnrolment(training: "acme", handle: $h, state: $s) { name } }`,
    { h: handle, s: state },
  );
const enrol = (who: Browser) => who.ask(`mutation { enrol(training: "acme") { ${TRAINING} } }`);

test("a program's first unit is open to all, the rest to those who are let in", async () => {
  expect(await bodies(nobody)).toEqual(["Day one.", ""]);
  expect((await seen(nobody)).training).toMatchObject({ mayEnrol: false, enrolment: null });
  expect((await enrol(nobody))?.errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
  expect((await seen(ann)).training).toMatchObject({ mayEnrol: true, teaches: false });

  const answer = (await enrol(ann)).data["enrol"];
  expect(answer.training.enrolment).toBe("waiting");
  expect(await bodies(ann)).toEqual(["Day one.", ""]);
  expect((await students(ann))?.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  expect((await decide(ann, `ann-${run}`, "in"))?.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
});

test("its author names who teaches; they let students in and refuse them, in every process", async () => {
  expect((await terms(teacher, {}))?.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  expect((await terms(operator, { i: ["who-is-that"] }))?.errors?.[0]?.message).toContain(
    "who-is-that",
  );
  expect((await terms(operator, {})).data["setTrainingTerms"].training).toMatchObject({
    instructors: [`teacher-${run}`],
    active: true,
  });
  await until("the teacher is one", async () => (await seen(teacher)).training.teaches);
  expect(await bodies(teacher)).toEqual(["Day one.", "Day two."]);
  await enrol(bob);
  expect((await students(teacher)).data["content"].training.students).toMatchObject({
    total: 2,
    waiting: 2,
  });
  expect((await decide(teacher, `ann-${run}`, "in")).errors).toBeUndefined();
  expect((await decide(teacher, `bob-${run}`, "refused")).errors).toBeUndefined();
  expect(await bodies(ann)).toEqual(["Day one.", "Day two."]);
  await until(
    "the other process knows, too",
    async () => (await bodies(ann.at(apps[1]!.port)))[1] === "Day two.",
  );
  // A refusal is no place, and asking again or leaving does not make it one.
  expect((await enrol(bob)).data["enrol"].training.enrolment).toBe("refused");
  await bob.ask('mutation { leaveTraining(training: "acme") { name } }');
  expect((await seen(bob)).training.enrolment).toBe("refused");
  expect(await bodies(bob)).toEqual(["Day one.", ""]);
  expect((await students(teacher)).data["content"].training.students.students).toEqual([
    { handle: `bob-${run}`, state: "refused", decidedBy: `teacher-${run}` },
    { handle: `ann-${run}`, state: "in", decidedBy: `teacher-${run}` },
  ]);
});

test("lists match students only while the training is on", async () => {
  expect((await terms(operator, { s: "tomorrow" }))?.errors?.[0]?.message).toContain("tomorrow");
  const past = { s: "2026-01-01T09:00:00Z", e: "2026-01-05T17:00:00Z" };
  expect((await terms(operator, { s: past.e, e: past.s }))?.errors?.[0]?.extensions?.code).toBe(
    "BAD_INPUT",
  );
  expect((await terms(teacher, past)).data["setTrainingTerms"].training).toMatchObject({
    active: false,
    startsAt: "2026-01-01T09:00:00.000Z",
  });
  await until("the program is closed", async () => (await bodies(ann))[1] === "");
  expect((await terms(teacher, {})).errors).toBeUndefined();
  await until("and open again", async () => (await bodies(ann))[1] === "Day two.");
  await ann.ask('mutation { leaveTraining(training: "acme") { name } }');
  expect((await seen(ann)).training.enrolment).toBeNull();
  expect(await bodies(ann)).toEqual(["Day one.", ""]);
});

test("without approval a student is in at once", async () => {
  await terms(teacher, { a: false });
  const answer = (await enrol(ann)).data["enrol"];
  expect(answer.training.enrolment).toBe("in");
  expect(answer.parts[1].body.trim()).toBe("Day two.");
});
