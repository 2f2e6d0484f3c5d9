import type { Plan } from "@/api/types";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

interface DiskFieldProps {
  plan: Plan;
  value: number;
  onChange: (gib: number) => void;
  error?: string | undefined;
}

const STEP = 5;

/** A slider for the eye and a number for the exact wish; both are the same value. */
export function DiskField({ plan, value, onChange, error }: DiskFieldProps) {
  const { diskGiBMin: min, diskGiBMax: max } = plan;
  const outside = value < min || value > max ? `The plan ${plan.name} has ${min} to ${max} GiB.` : undefined;
  return (
    <Field label="Disk" hint={`The plan ${plan.name} has ${min} to ${max} GiB.`} error={error ?? outside} className="max-w-md">
      {(control) => (
        <span className="flex items-center gap-4">
          <input
            type="range"
            aria-label="Disk in GiB"
            min={min}
            max={max}
            step={STEP}
            value={value}
            onChange={(event) => onChange(event.target.valueAsNumber)}
            className="h-6 min-w-0 flex-1 cursor-pointer accent-accent"
          />
          <span className="flex items-center gap-1.5">
            <Input
              {...control}
              type="number"
              inputMode="numeric"
              min={min}
              max={max}
              value={Number.isNaN(value) ? "" : value}
              onChange={(event) => onChange(event.target.valueAsNumber)}
              required
              className="w-20 text-right tabular-nums"
            />
            <span className="text-muted-foreground">GiB</span>
          </span>
        </span>
      )}
    </Field>
  );
}
