import { ChevronLeft, ChevronRight, History } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Event } from "@/api/types";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { clock, day, exact } from "@/lib/time";
import { readable } from "@/lib/words";
import { isDetail } from "./event-list";
import { indexAt } from "./fold";

interface TimeTravelBarProps {
  events: readonly Event[];
  at: string;
  /** Somebody just came here by the button, whose focus goes on at the slider. */
  entered: boolean;
  onTravel: (to: string | undefined) => void;
}

/** A slider over everything that happened to the instance; every panel below shows the chosen moment. */
export function TimeTravelBar({ events, at, entered, onTravel }: TimeTravelBarProps) {
  const slider = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (entered) slider.current?.focus({ preventScroll: true });
  }, [entered]);
  const index = Math.max(0, indexAt(events, at));
  const event = events[index];
  const go = (to: number) => {
    const next = events[to];
    if (next) onTravel(next.position);
  };
  if (!event) return null;
  return (
    <section aria-label="Time travel" className="sticky top-13 z-20 -mx-4 -mt-6 border-b border-past/35 bg-past-soft px-4 py-3 sm:-mx-6 sm:px-6">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <History aria-hidden className="size-4 shrink-0 text-past max-sm:hidden" />
        <p className="min-w-0 flex-1 basis-56 wrap-anywhere" aria-live="polite">
          <span className="font-medium">{readable(event.sentence)}</span>{" "}
          <time dateTime={event.time} title={exact(event.time)} className="whitespace-nowrap text-past">
            {day(event.time)}, {clock(event.time)}
          </time>
        </p>
        <span className="text-xs text-past tabular-nums">
          Event {index + 1} of {events.length}
        </span>
        <Button size="sm" variant="outline" onClick={() => onTravel(undefined)}>
          Back to now
        </Button>
      </div>
      <div className="mt-1.5 flex items-center gap-2">
        <Button variant="ghost" size="icon" className="size-7" aria-label="Event before" disabled={index === 0} onClick={() => go(index - 1)}>
          <ChevronLeft />
        </Button>
        <div className="relative grid min-w-0 flex-1">
          <input
            ref={slider}
            type="range"
            aria-label="Event"
            aria-valuetext={`Event ${index + 1} of ${events.length}: ${readable(event.sentence)}`}
            min={0}
            max={events.length - 1}
            value={index}
            onChange={(change) => go(change.target.valueAsNumber)}
            className="h-6 w-full cursor-pointer accent-past"
          />
          <Marks events={events} />
        </div>
        <Button variant="ghost" size="icon" className="size-7" aria-label="Event after" disabled={index === events.length - 1} onClick={() => go(index + 1)}>
          <ChevronRight />
        </Button>
      </div>
    </section>
  );
}

/** Below the slider: where something happened that is more than a single step. */
function Marks({ events }: { events: readonly Event[] }) {
  const last = Math.max(1, events.length - 1);
  return (
    // The browser's slider keeps half its thumb free at both ends.
    <div aria-hidden className="relative mx-2 h-1.5">
      {events.map((event, index) =>
        isDetail(event) ? null : (
          <span
            key={event.position}
            className={cn("absolute top-0 size-1 -translate-x-1/2 rounded-full", event.type.endsWith("Failed") ? "bg-bad" : "bg-past/60")}
            style={{ left: `${(index / last) * 100}%` }}
          />
        ),
      )}
    </div>
  );
}
