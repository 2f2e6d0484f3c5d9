import { Check, CircleDashed, RotateCcw, Undo2, X } from "lucide-react";
import type { ReactElement } from "react";
import type { JobStep, StepStatus } from "@/api/types";
import { Spinner } from "@/components/ui/spinner";
import { cn } from "@/lib/cn";
import { duration } from "@/lib/time";
import { STEP_STATUS, stepName } from "@/lib/words";

const MARKS: Record<StepStatus, { icon: ReactElement; classes: string }> = {
  pending: { icon: <CircleDashed />, classes: "text-muted-foreground" },
  running: { icon: <Spinner className="size-3.5" />, classes: "border-accent/40 bg-accent-soft text-accent" },
  retrying: { icon: <RotateCcw />, classes: "border-warn/40 bg-warn-soft text-warn" },
  completed: { icon: <Check />, classes: "border-good/30 bg-good-soft text-good" },
  failed: { icon: <X />, classes: "border-bad/40 bg-bad-soft text-bad" },
  undoing: { icon: <Undo2 />, classes: "border-warn/40 bg-warn-soft text-warn" },
  undone: { icon: <Undo2 />, classes: "text-muted-foreground" },
  undo_failed: { icon: <X />, classes: "border-bad/40 bg-bad-soft text-bad" },
};

interface StepperProps {
  steps: readonly JobStep[];
  now?: number;
  /** In the past nothing is under way. */
  still?: boolean;
}

/** A job's steps in their order: what is done and how long it took, what runs, what waits. */
export function Stepper({ steps, now = 0, still = false }: StepperProps) {
  return (
    <ol className="grid gap-x-8 sm:grid-cols-2">
      {steps.map((step) => (
        <Step key={step.name} step={step} now={now} still={still} />
      ))}
    </ol>
  );
}

function Step({ step, now, still }: { step: JobStep; now: number; still: boolean }) {
  const { icon, classes } = MARKS[step.status];
  const begun = step.startedAt ? Date.parse(step.startedAt) : null;
  const ended = step.finishedAt ? Date.parse(step.finishedAt) : still ? null : now;
  const waits = step.status === "pending" || step.status === "undone";
  return (
    <li data-step={step.name} data-status={step.status} className="flex min-h-9 items-start gap-3 py-1.5">
      <span aria-hidden className={cn("mt-px grid size-5 shrink-0 place-items-center rounded-full border [&_svg]:size-3", classes)}>
        {icon}
      </span>
      <div className="min-w-0 flex-1">
        <p className={cn("flex items-baseline justify-between gap-3", waits && "text-muted-foreground")}>
          <span>
            {stepName(step.name)}
            <span className="sr-only">, {STEP_STATUS[step.status]}</span>
          </span>
          <span className="shrink-0 text-xs text-muted-foreground tabular-nums">{begun !== null && ended !== null && !waits ? duration(ended - begun) : ""}</span>
        </p>
        {step.attempts > 1 ? (
          <p className="text-xs text-warn">
            Attempt {step.attempts}
            {step.retryAt && !still ? `, next in ${duration(Math.max(0, Date.parse(step.retryAt) - now))}` : ""}
          </p>
        ) : null}
        {step.error ? <p className="text-xs break-words text-bad">{step.error.message}</p> : null}
      </div>
    </li>
  );
}
