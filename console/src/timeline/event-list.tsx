import { useMemo } from "react";
import type { Event } from "@/api/types";
import { TimeAgo } from "@/components/time-ago";
import { Times } from "@/components/times";
import { Empty } from "@/components/ui/empty";
import { folded } from "@/lib/folded";
import { clock, exact } from "@/lib/time";
import { readable } from "@/lib/words";
import { asksFor } from "./fold";

/** Written for every step; too fine for a short list. */
const DETAILS: ReadonlySet<string> = new Set(["StepBegan", "StepCompleted", "TaskSubmitted", "UndoBegan", "UndoCompleted", "CredentialIssued", "CredentialActivated", "PlacementReserved", "ServerObserved"]);

const sentenceOf = (event: Event): string => readable(event.sentence);

/** An order is told once: that its create was asked for is the same news. */
export const isDetail = (event: Event): boolean => DETAILS.has(event.type) || asksFor(event) === "create";

interface EventListProps {
  events: readonly Event[];
  limit: number;
  /** Seen from a moment in the past, from which nothing is "ago". */
  past?: boolean;
}

/** The newest of the events, without the steps' own. */
export function EventList({ events, limit, past = false }: EventListProps) {
  const shown = useMemo(() => folded(events.filter((event) => !isDetail(event)).toReversed(), sentenceOf).slice(0, limit), [events, limit]);
  if (shown.length === 0) return <Empty title="Nothing yet" className="py-8" />;
  return (
    <ol className="px-4 py-2">
      {shown.map(({ item: event, times }) => (
        <li key={event.position} className="flex items-baseline justify-between gap-4 py-1.5">
          <span className="min-w-0 text-pretty wrap-anywhere">
            {sentenceOf(event)}
            <Times times={times} />
          </span>
          {past ? (
            <time dateTime={event.time} title={exact(event.time)} className="shrink-0 text-xs text-muted-foreground tabular-nums">
              {clock(event.time)}
            </time>
          ) : (
            <TimeAgo time={event.time} className="shrink-0 text-xs text-muted-foreground" />
          )}
        </li>
      ))}
    </ol>
  );
}
