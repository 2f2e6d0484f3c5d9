import { History } from "lucide-react";
import type { Event } from "@/api/types";
import { RequestId } from "@/components/request-id";
import { Button } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/code-block";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { exact } from "@/lib/time";
import { readable } from "@/lib/words";

interface EventDetailProps {
  event: Event | null;
  onClose: () => void;
  onTravel: (event: Event) => void;
}

export function EventDetail({ event, onClose, onTravel }: EventDetailProps) {
  return (
    <Dialog open={event !== null} onClose={onClose} title={event ? readable(event.sentence) : ""} className="w-[min(40rem,calc(100vw-1.5rem))]">
      {event ? (
        <>
          <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-[0.8125rem]">
            <dt className="text-muted-foreground">Event</dt>
            <dd>
              {event.type}, number {event.sequence}
            </dd>
            <dt className="text-muted-foreground">Time</dt>
            <dd>{exact(event.time)}</dd>
            <dt className="text-muted-foreground">By</dt>
            <dd className="font-mono break-all">{event.actor.id}</dd>
          </dl>
          <CodeBlock label="recorded event" code={JSON.stringify(event.payload, null, 2)} className="max-h-80 overflow-y-auto" />
          <DialogFooter>
            {event.requestId ? <RequestId id={event.requestId} className="sm:mr-auto" /> : null}
            <Button variant="outline" onClick={() => onTravel(event)}>
              <History />
              See the database at this moment
            </Button>
          </DialogFooter>
        </>
      ) : null}
    </Dialog>
  );
}
