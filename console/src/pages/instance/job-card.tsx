import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { adoptJob, jobQuery, steer } from "@/api/instances";
import type { Event, Job, WayOutAction } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { Alert, AlertTitle } from "@/components/ui/alert";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { duration } from "@/lib/time";
import { useNow } from "@/lib/use-now";
import { isSettled, JOB_KIND, JOB_STATUS, readable } from "@/lib/words";
import { useLive } from "@/live/live";
import { type JobThen, jobThen } from "@/timeline/fold";
import { Stepper } from "@/timeline/stepper";
import { useInstance, useInstanceRefusal } from "./context";
import { DeleteDatabase } from "./delete-database";

/** What is being done to the instance, step by step; afterwards, for as long as the page is open, how it went. */
export function JobCard() {
  const { instance, events, at, followed } = useInstance();
  const last = jobThen(events);
  if (at !== undefined) return last && last.steps.length > 0 && !isOver(last, events) ? <Past job={last} /> : null;
  // A job that ended badly is shown to whoever comes later, too.
  const unfinished = instance.lifecycle === "failed" || instance.lifecycle === "needs_operator";
  const id = instance.currentJobId ?? followed ?? (unfinished ? (last?.id ?? null) : null);
  return id ? <Current id={id} /> : null;
}

/** Whether a job had ended before the moment that the events lead up to. */
const isOver = (job: JobThen, events: readonly Event[]): boolean => job.finishedAt !== null && job.finishedAt !== events.at(-1)?.time;

function Past({ job }: { job: JobThen }) {
  const { label, tone } = JOB_STATUS[job.status];
  return (
    <Card>
      <CardHeader>
        <CardTitle>{JOB_KIND[job.kind].noun}</CardTitle>
        <Badge tone={tone}>{label}</Badge>
      </CardHeader>
      <CardContent>
        <Stepper steps={job.steps} still />
      </CardContent>
    </Card>
  );
}

/** While the stream is away, this often. */
const MEANWHILE = 2_000;

function Current({ id }: { id: string }) {
  const live = useLive();
  const queries = useQueryClient();
  const job = useQuery({
    ...jobQuery(id),
    refetchInterval: ({ state }) => (live.state !== "live" && !(state.data && isSettled(state.data.status)) ? MEANWHILE : false),
  });
  const over = job.data && isSettled(job.data.status) ? job.data.instanceId : null;
  useEffect(() => {
    // A job's end and the instance's new state are one event, but two readings.
    if (over) void queries.invalidateQueries({ queryKey: ["instance", over] });
  }, [over, queries]);
  if (job.data) return <JobPanel job={job.data} />;
  return job.isError ? <ErrorPanel error={job.error} onRetry={() => void job.refetch()} /> : null;
}

function JobPanel({ job }: { job: Job }) {
  const settled = isSettled(job.status);
  const now = useNow(settled ? null : 250);
  const { label, tone } = JOB_STATUS[job.status];
  const began = Date.parse(job.createdAt);
  const elapsed = (job.finishedAt ? Date.parse(job.finishedAt) : now) - began;
  const done = job.steps.filter((step) => step.status === "completed").length;
  return (
    <Card aria-label={JOB_KIND[job.kind].doing}>
      <CardHeader>
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <CardTitle>{settled ? JOB_KIND[job.kind].noun : JOB_KIND[job.kind].doing}</CardTitle>
          <Badge tone={tone}>{label}</Badge>
          <span className="text-[0.8125rem] text-muted-foreground tabular-nums">
            {duration(elapsed)}
            {settled ? "" : `, at most ${duration(Math.max(0, Date.parse(job.deadlineAt) - now))} more`}
          </span>
        </div>
        <JobActions job={job} />
      </CardHeader>
      <CardContent className="grid gap-4">
        <p className="sr-only" role="status">
          {settled ? label : `Step ${Math.min(done + 1, job.steps.length)} of ${job.steps.length}`}
        </p>
        <Stepper steps={job.steps} now={now} said={job.error?.message} />
        {job.error ? (
          <Alert tone={job.status === "canceled" ? "neutral" : "bad"}>
            <AlertTitle>{job.status === "canceled" ? "It was given up" : "Why it failed"}</AlertTitle>
            <p className="first-letter:uppercase">{readable(job.error.message)}</p>
          </Alert>
        ) : null}
        {job.reason ? (
          <Alert tone="warn">
            <AlertTitle>It cannot go on by itself</AlertTitle>
            <p>{readable(job.reason)}</p>
          </Alert>
        ) : null}
        <WaysOut job={job} />
      </CardContent>
    </Card>
  );
}

function useSteer(job: Job) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: "cancel" | "retry" | "abandon") => steer(job.id, action),
    onSuccess: (changed) => {
      adoptJob(queries, changed);
    },
  });
}

function JobActions({ job }: { job: Job }) {
  const steering = useSteer(job);
  const refused = useInstanceRefusal("operateInstance");
  if (job.cancelRequested && !isSettled(job.status)) return <span className="text-[0.8125rem] text-muted-foreground">Giving it up …</span>;
  if (!job.cancelable || job.status === "needs_operator") return null;
  return (
    <div className="grid justify-items-end gap-2">
      <Allowed reason={refused} align="end">
        <Button variant="outline" size="sm" busy={steering.isPending} onClick={() => steering.mutate("cancel")}>
          Cancel
        </Button>
      </Allowed>
      {steering.isError ? <ErrorPanel error={steering.error} /> : null}
    </div>
  );
}

const WAY_LABEL: Record<Exclude<WayOutAction, "delete">, string> = { retry: "Try again", cancel: "Cancel", abandon: "Abandon" };

function WaysOut({ job }: { job: Job }) {
  const steering = useSteer(job);
  const operate = useInstanceRefusal("operateInstance");
  const remove = useInstanceRefusal("deleteInstance");
  if (job.waysOut.length === 0) return null;
  return (
    <div className="grid gap-2">
      <p className="font-medium">What you can do</p>
      <ul className="grid gap-2">
        {job.waysOut.map(({ action, description }) => (
          <li key={action} className="flex flex-wrap items-center justify-between gap-3 rounded-md border px-3 py-2">
            <span className="min-w-0 flex-1 basis-60">{description}</span>
            {action === "delete" ? (
              <DeleteDatabase size="sm">Delete</DeleteDatabase>
            ) : (
              <Allowed reason={action === "abandon" ? remove : operate} align="end">
                <Button variant={action === "retry" ? "default" : "outline"} size="sm" busy={steering.isPending && steering.variables === action} onClick={() => steering.mutate(action)}>
                  {WAY_LABEL[action]}
                </Button>
              </Allowed>
            )}
          </li>
        ))}
      </ul>
      {steering.isError ? <ErrorPanel error={steering.error} /> : null}
    </div>
  );
}
