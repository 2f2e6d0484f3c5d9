import type { Event, JobKind, JobStatus, JobStep } from "@/api/types";

/** A job as far as the events tell, at the end of the events that are given. */
export interface JobThen {
  id: string;
  kind: JobKind;
  status: JobStatus;
  startedAt: string | null;
  finishedAt: string | null;
  steps: JobStep[];
}

interface Payload {
  workflow?: string;
  kind?: JobKind;
  step?: string;
  attempt?: number;
  deadline_at?: string;
  retry_at?: string;
  task?: string;
  outcome?: { result?: string };
}

const payload = (event: Event): Payload => (typeof event.payload === "object" && event.payload !== null ? event.payload : {});

const begun = (name: string, event: Event): JobStep => ({
  name,
  status: "running",
  attempts: payload(event).attempt ?? 1,
  startedAt: event.time,
  finishedAt: null,
  retryAt: null,
  deadlineAt: payload(event).deadline_at ?? null,
  error: null,
  task: null,
});

/** As the domain names outcomes. */
const OUTCOMES: Record<string, JobStatus> = {
  succeeded: "succeeded",
  failed: "failed",
  canceled: "canceled",
  superseded: "canceled",
  abandoned: "failed",
};

/** What kind of job an event asks for; null if it asks for none. */
export const asksFor = (event: Event): JobKind | null => (event.type === "WorkflowRequested" ? (payload(event).kind ?? null) : null);

/** The last job that the events tell of; null if there is none. */
export function jobThen(events: readonly Event[]): JobThen | null {
  let job: JobThen | null = null;
  for (const event of events) {
    const { workflow, kind, step } = payload(event);
    if (event.type === "WorkflowRequested" && workflow && kind) {
      job = { id: workflow, kind, status: "queued", startedAt: null, finishedAt: null, steps: [] };
    } else if (job && workflow === job.id) {
      job = step ? withStep(job, step, event) : withOutcome(job, event);
    }
  }
  return job;
}

/** Whether it never came into being because somebody canceled that. */
export function isCreateCanceled(events: readonly Event[]): boolean {
  const last = jobThen(events);
  return last?.kind === "create" && last.status === "canceled";
}

function withStep(job: JobThen, name: string, event: Event): JobThen {
  const known = job.steps.find((step) => step.name === name);
  const step = { ...(known ?? begun(name, event)), ...change(known, event) };
  const steps = known ? job.steps.map((one) => (one === known ? step : one)) : [...job.steps, step];
  return { ...job, status: "running", startedAt: job.startedAt ?? event.time, steps };
}

function change(known: JobStep | undefined, event: Event): Partial<JobStep> {
  const { attempt, retry_at, task } = payload(event);
  switch (event.type) {
    case "StepBegan":
      return { status: "running", attempts: attempt ?? (known?.attempts ?? 0) + 1, retryAt: null };
    case "TaskSubmitted":
      return { task: task ?? null };
    case "StepCompleted":
      return { status: "completed", finishedAt: event.time, retryAt: null };
    case "StepFailed":
      return retry_at ? { status: "retrying", retryAt: retry_at } : { status: "failed", finishedAt: event.time };
    case "UndoBegan":
      return { status: "undoing" };
    case "UndoCompleted":
      return { status: "undone", finishedAt: event.time };
    case "UndoFailed":
      return { status: retry_at ? "undoing" : "undo_failed" };
    default:
      return {};
  }
}

function withOutcome(job: JobThen, event: Event): JobThen {
  if (event.type === "WorkflowFinished") {
    return { ...job, status: OUTCOMES[payload(event).outcome?.result ?? ""] ?? "failed", finishedAt: event.time };
  }
  return event.type === "WorkflowParked" ? { ...job, status: "needs_operator" } : job;
}

/** The events up to a position, that one included. */
export const upTo = (events: readonly Event[], at: string | undefined): readonly Event[] =>
  at === undefined ? events : events.filter((event) => event.position <= at);

/** Which of the events a position means: the last one that is not behind it. */
export const indexAt = (events: readonly Event[], at: string | undefined): number => upTo(events, at).length - 1;
