import { useState } from "react";
import type { Event } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Switch } from "@/components/ui/switch";
import { clock, day, exact } from "@/lib/time";
import { readable, whoActed } from "@/lib/words";
import { EventDetail } from "@/timeline/event-detail";
import { isDetail } from "@/timeline/event-list";
import { useMoment } from "@/timeline/moment";
import { useInstance } from "./context";

export function InstanceActivity() {
  const { events } = useInstance();
  const { at, travel } = useMoment();
  const [steps, setSteps] = useState(false);
  const [open, setOpen] = useState<Event | null>(null);
  const shown = (steps ? events : events.filter((event) => !isDetail(event))).toReversed();
  return (
    <Card>
      <CardHeader>
        <CardTitle>{at === undefined ? "Everything that happened" : "Everything up to that moment"}</CardTitle>
        <label className="flex cursor-pointer items-center gap-2.5 text-[0.8125rem]">
          Single steps
          <Switch checked={steps} onChange={(event) => setSteps(event.target.checked)} />
        </label>
      </CardHeader>
      {shown.length === 0 ? (
        <Empty title="Nothing yet" />
      ) : (
        <ol className="py-2">
          {shown.map((event) => (
            <li key={event.position} className="group relative flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 hover:bg-muted/50">
              <time dateTime={event.time} title={exact(event.time)} className="w-40 shrink-0 text-xs text-muted-foreground tabular-nums">
                {day(event.time)}, {clock(event.time)}
              </time>
              <button type="button" className="min-w-0 flex-1 basis-52 text-left wrap-anywhere text-pretty after:absolute after:inset-0" onClick={() => setOpen(event)}>
                {readable(event.sentence)}
              </button>
              <Badge className="max-w-44 min-w-0 font-normal" title={event.actor.id}>
                <bdi className="truncate">{whoActed(event.actor)}</bdi>
              </Badge>
            </li>
          ))}
        </ol>
      )}
      <EventDetail
        event={open}
        onClose={() => setOpen(null)}
        onTravel={(event) => {
          setOpen(null);
          travel(event.position);
        }}
      />
    </Card>
  );
}
