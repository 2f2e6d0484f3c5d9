import type { Event } from "@/api/types";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { clock, day, exact } from "@/lib/time";
import { readable, stepName } from "@/lib/words";
import { isDetail } from "@/timeline/event-list";
import { jobThen } from "@/timeline/fold";
import { useInstance } from "./context";

/** Events that put an instance into the state that it then is in. */
const TURNS: ReadonlySet<string> = new Set(["InstanceRequested", "WorkflowRequested", "WorkflowFinished", "WorkflowParked", "HealthObserved", "DriftDetected", "DriftRepaired"]);

/** Why the instance was in its state at the moment that is looked at: what had happened by then, and nothing later. */
export function WhyThenCard() {
  const { events } = useInstance();
  const turn = events.findLast((event) => TURNS.has(event.type) && !isDetail(event));
  return (
    <Card>
      <CardHeader>
        <CardTitle>Why it was in that state</CardTitle>
      </CardHeader>
      {turn ? (
        <CardContent className="grid gap-2">
          <p className="font-medium wrap-anywhere text-pretty">{readable(turn.sentence)}</p>
          <Step events={events} />
          <p className="text-[0.8125rem] text-muted-foreground">
            Since{" "}
            <time dateTime={turn.time} title={exact(turn.time)}>
              {day(turn.time)}, {clock(turn.time)}
            </time>
          </p>
        </CardContent>
      ) : (
        <Empty title="Nothing had happened yet" className="py-8" />
      )}
    </Card>
  );
}

/** Where the job was that was under way at that moment. */
function Step({ events }: { events: readonly Event[] }) {
  const job = jobThen(events);
  const step = job?.steps.findLast(({ status }) => status !== "completed" && status !== "undone");
  if (!job || job.finishedAt || !step) return null;
  const attempt = step.attempts > 1 ? `, attempt ${step.attempts}` : "";
  return (
    <p className="text-pretty">
      {step.status === "retrying" ? "Waiting to try again" : "At the step"}: {stepName(step.name)}
      {attempt}
    </p>
  );
}
