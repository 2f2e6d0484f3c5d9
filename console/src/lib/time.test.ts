import { expect, test } from "vitest";
import { duration, exact, relative } from "./time";

test("durations are as fine as their size allows", () => {
  expect([420, 4_200, 42_000, 185_000, 7_800_000, 259_200_000].map(duration)).toEqual(["0.42 s", "4.2 s", "42 s", "3 min 05 s", "2 h 10 min", "3 d"]);
  expect(duration(-5)).toBe("0.00 s");
});

test("moments are relative to now, both ways", () => {
  const now = Date.parse("2026-11-24T10:00:00Z");
  expect(relative("2026-11-24T09:59:58Z", now)).toBe("now");
  expect(relative("2026-11-24T09:57:00Z", now)).toContain("3");
  expect(relative("2026-11-26T10:00:00Z", now)).toMatch(/^in 2/);
});

test("exact moments are in UTC", () => {
  expect(exact("2026-11-24T10:00:00.5Z")).toBe("2026-11-24 10:00:00.500 UTC");
});
