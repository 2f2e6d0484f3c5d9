import { Check, CircleDashed, RotateCcw, Undo2, X } from "lucide-react";
import type { ReactElement } from "react";
import type { JobStep, StepStatus } from "@/api/types";
import { Spinner } from "@/components/ui/spinner";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/time";
import { readable, STEP_STATUS, stepName } from "@/lib/words";
import { extent, type Span, spanOf } from "./waterfall";

const MARKS: Record<StepStatus, { icon: ReactElement; classes: string; bar: string }> = {
  pending: { icon: <CircleDashed />, classes: "text-muted-foreground", bar: "" },
  running: { icon: <Spinner className="size-3.5" />, classes: "border-accent/40 bg-accent-soft text-accent", bar: "bg-accent" },
  retrying: { icon: <RotateCcw />, classes: "border-warn/40 bg-warn-soft text-warn", bar: "bg-warn" },
  completed: { icon: <Check />, classes: "border-good/30 bg-good-soft text-good", bar: "bg-good/70" },
  failed: { icon: <X />, classes: "border-bad/40 bg-bad-soft text-bad", bar: "bg-bad" },
  undoing: { icon: <Undo2 />, classes: "border-warn/40 bg-warn-soft text-warn", bar: "bg-warn" },
  undone: { icon: <Undo2 />, classes: "bg-surface text-muted-foreground", bar: "bg-muted-foreground/50" },
  undo_failed: { icon: <X />, classes: "border-bad/40 bg-bad-soft text-bad", bar: "bg-bad" },
};

interface StepperProps {
  steps: readonly JobStep[];
  now?: number;
  /** In the past nothing is under way. */
  still?: boolean;
  /** Said of the whole job already, so no step repeats it. */
  said?: string | undefined;
}

/** A job's steps in their order: what is done, when and how long it took in the job's time, what runs, what waits. */
export function Stepper({ steps, now = 0, still = false, said }: StepperProps) {
  const end = still ? Math.max(...steps.map((step) => Date.parse(step.finishedAt ?? step.startedAt ?? "") || 0)) : now;
  const all = extent(steps, end);
  return (
    <ol>
      {steps.map((step) => (
        <Step key={step.name} step={step} now={now} still={still} span={spanOf(step, all, end)} said={said} />
      ))}
    </ol>
  );
}

interface StepProps {
  step: JobStep;
  now: number;
  still: boolean;
  span: Span | null;
  said: string | undefined;
}

function Step({ step, now, still, span, said }: StepProps) {
  const { icon, classes, bar } = MARKS[step.status];
  const begun = step.startedAt ? Date.parse(step.startedAt) : null;
  const ended = step.finishedAt ? Date.parse(step.finishedAt) : still ? null : now;
  const waits = step.status === "pending" || step.status === "undone";
  return (
    <li
      data-step={step.name}
      data-status={step.status}
      className="relative grid grid-cols-[1.25rem_minmax(0,1fr)_auto] gap-x-3 py-1.5 before:absolute before:top-1/2 before:left-2.5 before:h-full before:border-l before:border-border last:before:hidden md:grid-cols-[1.25rem_minmax(0,15rem)_minmax(0,1fr)_5rem]"
    >
      <span aria-hidden className={cn("relative grid size-5 place-items-center rounded-full border bg-surface [&_svg]:size-3", classes)}>
        {icon}
      </span>
      <p className={cn("truncate leading-5", waits && "text-muted-foreground")}>
        {stepName(step.name)}
        <span className="sr-only">, {STEP_STATUS[step.status]}</span>
      </p>
      <span aria-hidden className="relative my-1.75 h-1.5 rounded-full bg-muted max-md:hidden">
        {span ? <span className={cn("absolute inset-y-0 min-w-1.5 rounded-full", bar)} style={{ left: `min(${span.left}%, calc(100% - 0.375rem))`, width: `${span.width}%` }} /> : null}
      </span>
      <span className="text-right text-xs leading-5 text-muted-foreground tabular-nums">{begun !== null && ended !== null && !waits ? duration(ended - begun) : ""}</span>
      <StepNote step={step} now={now} still={still} said={said} />
    </li>
  );
}

function StepNote({ step, now, still, said }: Omit<StepProps, "span">) {
  const error = step.error && step.error.message !== said ? step.error.message : null;
  if (step.attempts < 2 && !error) return null;
  const next = step.retryAt && !still ? Date.parse(step.retryAt) - now : 0;
  return (
    <div className="col-span-full col-start-2 grid gap-0.5 pt-0.5 text-xs">
      {step.attempts > 1 ? (
        <p className="font-medium text-warn tabular-nums">
          Attempt {step.attempts}
          {next > 0 ? `, next in ${duration(next)}` : ""}
        </p>
      ) : null}
      {error ? <p className="break-words text-bad">{readable(error)}</p> : null}
    </div>
  );
}
