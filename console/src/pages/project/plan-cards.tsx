import { useId } from "react";
import type { Plan } from "@/api/types";
import { count, mebibytes, plural } from "@/lib/amount";

interface PlanCardsProps {
  plans: readonly Plan[];
  value: string;
  onChange: (plan: Plan) => void;
}

/** Native radio buttons in the shape of cards, so that arrow keys move between them. */
export function PlanCards({ plans, value, onChange }: PlanCardsProps) {
  const name = useId();
  return (
    <fieldset>
      <legend className="mb-2 text-[0.8125rem] font-medium">Plan</legend>
      <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
        {plans.map((plan) => (
          <label
            key={plan.name}
            className="relative grid cursor-pointer gap-2.5 rounded-lg border bg-surface p-3.5 shadow-(--shadow) hover:border-input has-checked:border-accent has-checked:bg-accent-soft/45 has-checked:ring-1 has-checked:ring-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring"
          >
            <input type="radio" name={name} value={plan.name} checked={plan.name === value} onChange={() => onChange(plan)} className="absolute inset-0 size-full cursor-pointer opacity-0" />
            <span className="text-[0.9375rem] font-semibold">{plan.name}</span>
            <span className="grid gap-0.5 text-[0.8125rem] text-muted-foreground tabular-nums">
              <span className="text-foreground">{plural(plan.vcpus, "vCPU")}</span>
              <span className="text-foreground">{mebibytes(plan.memoryMiB)} memory</span>
              <span>
                {plan.diskGiBMin} to {plan.diskGiBMax} GiB disk
              </span>
              <span>{count(plan.maxConnections)} connections</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
