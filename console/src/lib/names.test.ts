import { expect, test } from "vitest";
import { asName } from "./names";

test.each([
  ["orders", "orders"],
  ["Ünïcode Name!", "unicode-name"],
  ["1abc", "abc"],
  ["shop-", "shop"],
  ["a".repeat(70), "a".repeat(63)],
  [`${"a".repeat(62)}-b`, "a".repeat(62)],
  ["***", ""],
])("%s becomes %s", (typed, name) => {
  expect(asName(typed)).toBe(name);
});
