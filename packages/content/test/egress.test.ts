import { expect, test } from "vitest";
import { one, short } from "./folders.ts";

const TASK = 'tasks:\n  verify_a:\n    machine: client\n    run: "false"\n';
const BODY = "::simple-task\n---\n:tasks: tasks\n:name: verify_a\n---\n#active\nA\n::\n";
const withEgress = (text: string) => one(`playground:\n  name: mini-lan\n${text}${TASK}`, BODY);

test("without egress, machines may connect to nothing outside of their play", async () => {
  const { challenge, problems } = await withEgress("");
  expect(problems).toEqual([]);
  expect(challenge!.playground.egress).toEqual({ policy: "none", names: [] });
});

test("egress is none, open, or a list of names, which are taken in lower case and once", async () => {
  const policy = async (text: string) => {
    const { challenge, problems } = await withEgress(text);
    expect(problems).toEqual([]);
    return challenge!.playground.egress;
  };
  expect(await policy("  egress: none\n")).toEqual({ policy: "none", names: [] });
  expect(await policy("  egress: open\n")).toEqual({ policy: "open", names: [] });
  expect(
    await policy(
      "  egress:\n    allow: [Packages.Example.com, packages.example.com, '*.example.org']\n",
    ),
  ).toEqual({ policy: "allow", names: ["packages.example.com", "*.example.org"] });
});

test.each([
  ["egress: all", '11:11 egress has no policy "all"'],
  ["egress: { deny: [a.example] }", '11:13 egress has no key "deny"'],
  ["egress: { allow: [] }", "11:3 egress allows no name"],
  // Names only: an address, every name at once or a URL would not be what an author reads.
  ["egress: { allow: [10.0.0.1] }", '11:21 "10.0.0.1" is no name of a host that can be allowed'],
  ["egress: { allow: ['*'] }", '11:21 "*" is no name of a host that can be allowed'],
  ["egress: { allow: [a.example, 'http://b.example'] }", '11:32 "http://b.example" is no name'],
])("%s is an error with its place", async (text, expected) => {
  const { problems } = await withEgress(`  ${text}\n`);
  expect(short(problems[0]!)).toContain(expected);
});
