import type { Health, Lifecycle } from "@/api/types";
import { cn } from "@/lib/cn";
import { LIFECYCLE } from "@/lib/words";
import { Badge } from "./ui/badge";

interface StateBadgeProps {
  lifecycle: Lifecycle;
  health?: Health | undefined;
  className?: string;
}

/** State in colour and word. Running but not answering is no good news, so health speaks up then. */
export function StateBadge({ lifecycle, health, className }: StateBadgeProps) {
  const unreachable = lifecycle === "running" && health === "unreachable";
  const { label, tone, moving } = unreachable ? { label: "Unreachable", tone: "bad" as const, moving: false } : LIFECYCLE[lifecycle];
  return (
    <Badge tone={tone} className={className} data-state={lifecycle}>
      <span aria-hidden className={cn("size-1.5 rounded-full bg-current", moving && "animate-pulse-dot")} />
      {label}
    </Badge>
  );
}
