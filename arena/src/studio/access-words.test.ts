import { expect, test } from "vitest";
import { idleIn, principalsOf, reach, wrongWith } from "./access-words";

test("a list is read out of a line, and what is nobody is told", () => {
  expect(principalsOf("owner, github:ann  owner\nuser:42")).toEqual([
    "owner",
    "github:ann",
    "user:42",
  ]);
  expect(wrongWith(principalsOf("owner github:ann student:acme-2026"))).toBe("");
  expect(wrongWith([])).toContain("owner");
  expect(wrongWith(["everyone"])).toContain("everyone");
  expect(wrongWith(["nobody", "owner"])).toContain("its author included");
});

test("entries that let nobody in here are told with the reason", () => {
  expect(idleIn(["owner", "user:42", "student:acme-2026", "instructor"])).toBe("");
  expect(idleIn(["owner", "github:ann", "has-pack:gold"])).toBe(
    "github:ann never matches here, because nobody signs in with GitHub here. has-pack:gold never matches here, because there are no content packs here.",
  );
});

test("who finds content is told in words", () => {
  const list = (...principals: string[]) => [{ dimension: "canList", principals }];
  expect(reach(list("owner"), false)).toBe("only its author");
  expect(reach(list("anyone"), false)).toBe("waits for an operator");
  expect(reach(list("anyone"), true)).toBe("in the catalogue");
  expect(reach(list("nobody", "anyone"), true)).toBe("closed");
  expect(reach(list("owner", "github:ann"), true)).toBe("some people");
});
