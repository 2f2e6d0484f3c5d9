import { expect, test } from "vitest";
import type { JobStep } from "@/api/types";
import { extent, spanOf } from "./waterfall";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const step = (name: string, startedAt: string | null, finishedAt: string | null): JobStep => ({
  name,
  status: "completed",
  attempts: 1,
  startedAt,
  finishedAt,
  retryAt: null,
  deadlineAt: null,
  error: null,
  task: null,
});

test("a job that has not begun has no extent", () => {
  expect(extent([step("clone", null, null)], 0)).toBeNull();
});

test("steps lie where they were in the job's time", () => {
  const steps = [step("reserve", at(0), at(1)), step("clone", at(1), at(4)), step("start", null, null)];
  const all = extent(steps, Date.parse(at(9)));
  expect(steps.map((one) => spanOf(one, all, Date.parse(at(9))))).toEqual([{ left: 0, width: 25 }, { left: 25, width: 75 }, null]);
});

test("what still runs reaches until now", () => {
  const steps = [step("reserve", at(0), at(1)), step("clone", at(1), null)];
  const now = Date.parse(at(5));
  expect(spanOf(steps[1] as JobStep, extent(steps, now), now)).toEqual({ left: 20, width: 80 });
});
