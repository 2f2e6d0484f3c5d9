import { describe, expect, test } from "vitest";
import type { Event } from "@/api/types";
import { indexAt, jobThen, upTo } from "./fold";

let sequence = 0;
const event = (type: string, payload: object): Event => {
  sequence += 1;
  return {
    position: String(sequence).padStart(20, "0"),
    sequence,
    type,
    time: new Date(1_000_000 + sequence * 1000).toISOString(),
    actor: { kind: "system", id: "engine" },
    payload,
  } as Event;
};
const run = { workflow: "job_1" };

function history(): Event[] {
  sequence = 0;
  return [
    event("InstanceRequested", { name: "orders" }),
    event("WorkflowRequested", { ...run, kind: "create" }),
    event("StepBegan", { ...run, step: "reserve", attempt: 1 }),
    event("StepCompleted", { ...run, step: "reserve", attempt: 1 }),
    event("StepBegan", { ...run, step: "clone", attempt: 1 }),
    event("StepFailed", { ...run, step: "clone", attempt: 1, retry_at: "2026-01-01T00:00:00Z" }),
    event("StepBegan", { ...run, step: "clone", attempt: 2 }),
    event("StepCompleted", { ...run, step: "clone", attempt: 2 }),
    event("WorkflowFinished", { ...run, kind: "create", outcome: { result: "succeeded" } }),
  ];
}

describe("the job at a moment", () => {
  const statuses = (count: number) => {
    const job = jobThen(history().slice(0, count));
    return [job?.status, ...(job?.steps.map((step) => step.status) ?? [])];
  };

  test("follows its events", () => {
    expect(jobThen(history().slice(0, 1))).toBeNull();
    expect(statuses(2)).toEqual(["queued"]);
    expect(statuses(3)).toEqual(["running", "running"]);
    expect(statuses(5)).toEqual(["running", "completed", "running"]);
    expect(statuses(6)).toEqual(["running", "completed", "retrying"]);
    expect(statuses(9)).toEqual(["succeeded", "completed", "completed"]);
  });

  test("counts attempts and keeps the beginning of the first", () => {
    const step = jobThen(history())?.steps[1];
    expect(step?.attempts).toBe(2);
    expect(step?.startedAt).toBe(history()[4]?.time);
  });

  test("is the last one of several, whatever the one before did", () => {
    const again = [...history(), event("WorkflowRequested", { workflow: "job_2", kind: "stop" }), event("StepCompleted", { ...run, step: "late" })];
    expect(jobThen(again)).toMatchObject({ id: "job_2", kind: "stop", status: "queued", steps: [] });
  });
});

test("a position means everything up to it", () => {
  const events = history();
  expect(upTo(events, undefined)).toHaveLength(9);
  expect(upTo(events, events[3]?.position)).toHaveLength(4);
  expect(indexAt(events, events[3]?.position)).toBe(3);
  expect(indexAt(events, "99999999999999999999")).toBe(8);
});
