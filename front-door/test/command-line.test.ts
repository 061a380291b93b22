import { describe, expect, it } from "vitest";
import { checkCommandLine, overview } from "../src/command-line.ts";
import { Fault } from "../src/fault.ts";

const check = (line: string) => checkCommandLine(line.split(" ").filter(Boolean));

describe("the words of a command", () => {
  it.each([
    "up",
    "status --json",
    "test --only hostd --keep",
    "images build docker golang",
    "bots run --backend all --variant solution names-that-lie",
    "bots nightly --now",
    "bench engine --prompts 5 --json",
    "hosts token host-2 --json",
    "content lint --fix anything",
    "boards rebuild --check",
    "",
  ])("passes %j", (line) => expect(check(line)).toBeUndefined());

  it.each([
    ["up --bogus", "agon up: Unknown option '--bogus'.", "./agon up "],
    ["reset everything", 'agon reset takes no words, not "everything".', "--yes"],
    ["logs api-1 api-2", 'agon logs takes one word, not "api-1" "api-2".', "./agon logs SERVICE"],
    ["test --only", "agon test: Option '--only <value>' argument missing.", "--only PART"],
    ["bench", "Which of bench?", "./agon bench walls"],
    ["bench --json", "Which of bench?", "./agon bench walls"],
    ["bench nope", "There is no command bench nope.", "./agon bench walls"],
    ["bots run --backnd all", "agon bots run: Unknown option '--backnd'.", "--backend NAME"],
  ])("refuses %j and shows what it takes", (line, says, usage) => {
    let told: unknown;
    try {
      check(line);
    } catch (error) {
      told = error;
    }
    expect(told).toBeInstanceOf(Fault);
    expect((told as Fault).message).toContain(says);
    expect((told as Fault).message).toContain(usage);
  });

  it("answers --help with the lines of that command alone, and starts nothing", () => {
    expect(check("up --help")).toMatch(/agon up /);
    expect(check("up --help")).not.toMatch(/agon down/);
    expect(check("bench -h")!.split("\n")).toHaveLength(6);
    expect(check("bots run --help")).toMatch(/--variant/);
  });

  it("shows every command in the overview", () => {
    for (const name of ["up", "content", "bench engine", "boards rebuild", "trace", "users role"])
      expect(overview()).toContain(`./agon ${name}`);
  });
});
