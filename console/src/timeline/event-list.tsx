import { useMemo } from "react";
import type { Event } from "@/api/types";
import { TimeAgo } from "@/components/time-ago";
import { Empty } from "@/components/ui/empty";
import { readable } from "@/lib/words";

/** Written for every step; too fine for a short list. */
const DETAILS: ReadonlySet<string> = new Set(["StepBegan", "StepCompleted", "TaskSubmitted", "UndoBegan", "UndoCompleted", "CredentialIssued", "CredentialActivated", "PlacementReserved", "ServerObserved"]);

export const isDetail = (event: Event): boolean => DETAILS.has(event.type);

/** The newest of the events, without the steps' own. */
export function EventList({ events, limit }: { events: readonly Event[]; limit: number }) {
  const shown = useMemo(() => events.filter((event) => !isDetail(event)).toReversed().slice(0, limit), [events, limit]);
  if (shown.length === 0) return <Empty title="Nothing yet" className="py-8" />;
  return (
    <ol className="px-4 py-2">
      {shown.map((event) => (
        <li key={event.position} className="flex items-baseline justify-between gap-4 py-1.5">
          <span className="min-w-0 text-pretty break-words">{readable(event.sentence)}</span>
          <TimeAgo time={event.time} className="shrink-0 text-xs text-muted-foreground" />
        </li>
      ))}
    </ol>
  );
}
