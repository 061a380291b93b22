import { expect, test } from "vitest";
import { sentence } from "./account";

test.each([
  ["[body.email] Invalid email address", /no e-mail address/],
  ["Invalid email or password", /No account has/],
  ["Invalid password", /current password is another/],
  ["User already exists. Use another email.", /has an account already/],
  ["Invalid token", /used already/],
])("%s becomes a sentence", (raw, shown) => {
  expect(sentence(raw)).toMatch(shown);
});

test("our own sentences stay", () => {
  const own = "The handle ann is taken. Choose another one.";
  expect(sentence(own)).toBe(own);
});
