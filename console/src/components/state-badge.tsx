import type { Health, Lifecycle } from "@/api/types";
import { cn } from "@/lib/cn";
import { HEALTH, JOB_STATUS, LIFECYCLE, type Word } from "@/lib/words";
import { Badge } from "./ui/badge";

interface StateBadgeProps {
  lifecycle: Lifecycle;
  health?: Health | undefined;
  /** It never came into being, because somebody canceled that. */
  canceled?: boolean;
  className?: string;
}

/** State in colour and word. Running but not answering is no good news, so health speaks up then. */
export function StateBadge({ lifecycle, health, canceled = false, className }: StateBadgeProps) {
  const { label, tone, moving } = wordFor(lifecycle, health, canceled);
  return (
    <Badge tone={tone} className={className} data-state={lifecycle}>
      <span aria-hidden className={cn("size-1.5 rounded-full bg-current", moving && "animate-pulse-dot")} />
      {label}
    </Badge>
  );
}

function wordFor(lifecycle: Lifecycle, health: Health | undefined, canceled: boolean): Word {
  if (lifecycle === "running" && health === "unreachable") return HEALTH.unreachable;
  return lifecycle === "failed" && canceled ? JOB_STATUS.canceled : LIFECYCLE[lifecycle];
}
