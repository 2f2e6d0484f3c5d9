import type { JobStep } from "@/api/types";

/** Where a step lies in the time of its whole job, in percent of that time. */
export interface Span {
  left: number;
  width: number;
}

/** When the first step began and the last one ended; what still runs ends now. Null before anything began. */
export function extent(steps: readonly JobStep[], now: number): { from: number; to: number } | null {
  const begun = steps.flatMap((step) => (step.startedAt ? [Date.parse(step.startedAt)] : []));
  if (begun.length === 0) return null;
  const ended = steps.flatMap((step) => (step.startedAt ? [step.finishedAt ? Date.parse(step.finishedAt) : now] : []));
  const from = Math.min(...begun);
  return { from, to: Math.max(from + 1, ...ended) };
}

export function spanOf(step: JobStep, all: { from: number; to: number } | null, now: number): Span | null {
  if (!all || !step.startedAt) return null;
  const whole = all.to - all.from;
  const [begin, end] = [Date.parse(step.startedAt), step.finishedAt ? Date.parse(step.finishedAt) : now];
  return { left: ((begin - all.from) / whole) * 100, width: (Math.max(0, end - begin) / whole) * 100 };
}
