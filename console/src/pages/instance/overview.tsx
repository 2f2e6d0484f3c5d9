import { Link } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useRef } from "react";
import { Alert, AlertTitle } from "@/components/ui/alert";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { EventList } from "@/timeline/event-list";
import { useInstance } from "./context";
import { Facts } from "./facts";
import { JobCard } from "./job-card";
import { QuickConnect } from "./quick-connect";
import { WhyCard } from "./why-card";
import { WhyThenCard } from "./why-then-card";

/** Only the past has it, and nothing stands below it that could move. */
const ThenAndNow = lazy(() => import("./then-and-now"));

export function Overview() {
  const { instance, events, at } = useInstance();
  return (
    <>
      {instance.lifecycle === "deleted" ? <DeletedNotice /> : null}
      <JobCard />
      <Facts />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        <div className="grid grid-cols-1 gap-6">
          {at === undefined ? <WhyCard /> : <WhyThenCard />}
          {at === undefined ? null : (
            <Suspense>
              <ThenAndNow />
            </Suspense>
          )}
          {at === undefined && instance.lifecycle === "running" ? <QuickConnect /> : null}
        </div>
        <Card>
          <CardHeader>
            <CardTitle>{at === undefined ? "Latest events" : "Events up to that moment"}</CardTitle>
            <Link to="/instances/$instanceId/activity" params={{ instanceId: instance.id }} search={at === undefined ? {} : { at }} className="py-0.75 text-[0.8125rem] text-accent hover:underline">
              All events
            </Link>
          </CardHeader>
          <EventList events={events} limit={6} past={at !== undefined} />
        </Card>
      </div>
    </>
  );
}

function DeletedNotice() {
  const ref = useRef<HTMLDivElement>(null);
  // What had the focus when the database went is gone too; keyboards and screen readers go on from here.
  useEffect(() => {
    if (document.activeElement === document.body) ref.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Alert ref={ref} tabIndex={-1}>
      <AlertTitle>This database is deleted</AlertTitle>
      <p className="text-muted-foreground">Its data, container and passwords are gone. Its history stays: travel in time to see how it was.</p>
    </Alert>
  );
}
