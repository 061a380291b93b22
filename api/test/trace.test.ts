import { expect, test } from "vitest";
import type { EventDoc } from "../src/models/store.ts";
import type { Report, Sighting } from "../src/trace.ts";
import { clockOffset, traceEvent } from "../src/trace.ts";

const event: EventDoc = {
  _id: "p1:7",
  eventId: "p1/host:h/e/7",
  log: "p1",
  seq: 7,
  scope: "play",
  at: 1003,
  type: "task",
  data: { machine: "m", changed: { task: "t", state: 40, atMs: 1001.5 } },
  observedAt: 1002.75,
  loggedAt: 1006,
};
const sighting: Sighting = {
  version: 7,
  task: "t",
  state: 40,
  sentAt: 1010,
  receivedAt: 1012,
  domAt: 1013.5,
};
/** A page whose clock is ahead, with a way of 4 ms there and 6 ms back. */
const report = (ahead: number, rest: Partial<Sighting> = {}): Report => ({
  clock: { sentAt: 2000, receivedAt: 2004 + ahead, answeredAt: 2005 + ahead },
  sightings: [
    {
      ...sighting,
      receivedAt: sighting.receivedAt + ahead,
      domAt: sighting.domAt! + ahead,
      ...rest,
    },
  ],
  answeredAt: 2011,
});
const at = (reports: Report[], doc = event) => traceEvent(doc, reports).hops.map((hop) => hop.at);

test("five hops with the time between them", () => {
  const traced = traceEvent(event, [report(0)]);
  expect(traced.hops.map(({ name, ms }) => [name, ms])).toEqual([
    ["examiner", null],
    ["hostd", 1.25],
    ["log", 3.25],
    ["frame", 6],
    ["dom", 1.5],
  ]);
  expect(traced).toMatchObject({ task: "t", state: 40, version: 7, pages: 1, totalMs: 12 });
});

test("a browser's clock that is off by more than the error of the question is set right", () => {
  expect(clockOffset(report(0))).toEqual({ ahead: 0, error: 5 });
  expect(clockOffset(report(3)).ahead).toBe(0);
  expect(clockOffset(report(3_600_000))).toEqual({ ahead: 3_599_999, error: 5 });
  expect(at([report(3_600_000)])).toEqual([1001.5, 1002.75, 1006, 1013, 1014.5]);
});

test("of several pages the first counts", () => {
  const late = report(0, { receivedAt: 1100, domAt: 1101 });
  expect(at([late, report(0)])).toEqual(at([report(0)]));
  expect(traceEvent(event, [late, report(0)]).pages).toBe(2);
});

test("what is not known says why", () => {
  const notes = (reports: Report[], doc = event) =>
    traceEvent(doc, reports).hops.map((hop) => (hop.at === null ? hop.note : ""));
  expect(notes([])).toEqual([
    "",
    "",
    "",
    expect.stringContaining("no page watches"),
    expect.any(String),
  ]);
  expect(notes([report(0, { version: 6 })])[3]).toContain("no page that is open");
  expect(notes([report(0, { domAt: null })])[4]).toContain("no node");
  const old = { ...event, loggedAt: undefined, observedAt: undefined } as unknown as EventDoc;
  expect(at([report(0)], old)).toEqual([1001.5, 1003, null, 1012, 1013.5]);
});
