import { cn } from "@/lib/cn";

interface MeterProps {
  label: string;
  value: number;
  max: number;
  /** Part of `value` that would be new, shown lighter. */
  added?: number;
  className?: string;
}

/** How much of something is used. Past nine tenths it warns. */
export function Meter({ label, value, max, added = 0, className }: MeterProps) {
  const share = (amount: number) => (max > 0 ? Math.min(100, Math.max(0, (amount / max) * 100)) : 0);
  const full = value + added > max * 0.9;
  const over = value + added > max;
  return (
    <div
      data-slot="meter"
      role="meter"
      aria-label={label}
      aria-valuenow={value + added}
      aria-valuemin={0}
      aria-valuemax={max}
      className={cn("relative h-1.5 overflow-hidden rounded-full bg-muted", className)}
    >
      <div
        className={cn("absolute inset-y-0 left-0 rounded-full", over ? "bg-bad/60" : full ? "bg-warn/60" : "bg-accent/45")}
        style={{ width: `${share(value + added)}%` }}
      />
      <div
        className={cn("absolute inset-y-0 left-0 rounded-full", over ? "bg-bad" : full ? "bg-warn" : "bg-accent")}
        style={{ width: `${share(value)}%` }}
      />
    </div>
  );
}
