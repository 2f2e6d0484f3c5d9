import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { History } from "lucide-react";
import { useMemo, useState } from "react";
import { eventsQuery, instanceAtQuery, instanceQuery } from "@/api/instances";
import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { PageBody, PageHeader } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { upTo } from "@/timeline/fold";
import { useMoment } from "@/timeline/moment";
import { TimeTravelBar } from "@/timeline/time-travel-bar";
import { InstanceContext } from "./context";
import { InstanceHeader } from "./header";

export function InstanceLayout() {
  const { instanceId } = useParams({ from: "/shell/instances/$instanceId" });
  // Another instance is another page: nothing of the one before stays.
  return <Layout key={instanceId} instanceId={instanceId} />;
}

function Layout({ instanceId }: { instanceId: string }) {
  const { at, travel } = useMoment();
  const now = useQuery(instanceQuery(instanceId));
  // Until the moment is known, the page stays as it is.
  const then = useQuery({ ...instanceAtQuery(instanceId, at ?? ""), enabled: at !== undefined, placeholderData: (before) => before ?? now.data });
  const [entered, setEntered] = useState(false);
  const events = useQuery(eventsQuery(instanceId));
  const [followed, follow] = useState<string | null>(null);
  const current = now.data?.currentJobId ?? null;
  if (current !== null && current !== followed) follow(current);
  const shown = at === undefined ? now : then;
  const view = useMemo(
    () => (shown.data ? { instance: shown.data, events: upTo(events.data ?? [], at), at, followed, follow } : null),
    [shown.data, events.data, at, followed],
  );
  if (shown.isError && !shown.data) {
    return (
      <PageBody>
        <PageHeader title={now.data?.name ?? "Database"} />
        {at !== undefined && isNoMoment(shown.error) ? (
          <Card>
            <Empty icon={<History />} title="There is no such moment" action={<Button onClick={() => travel(undefined)}>Back to now</Button>}>
              The address names a moment that is not in the history of this database. It may be mistyped, or from before the database was ordered.
            </Empty>
          </Card>
        ) : (
          <>
            <ErrorPanel error={shown.error} onRetry={() => void shown.refetch()} />
            {at === undefined ? null : (
              <Button variant="outline" className="justify-self-start" onClick={() => travel(undefined)}>
                Back to now
              </Button>
            )}
          </>
        )}
      </PageBody>
    );
  }
  if (!view) return <LayoutSkeleton />;
  return (
    <InstanceContext value={view}>
      <PageBody>
        <InstanceHeader
          events={events.data ?? []}
          returned={entered && at === undefined}
          onTravel={(to) => {
            setEntered(true);
            travel(to);
          }}
        />
        {at !== undefined && events.data ? <TimeTravelBar events={events.data} at={at} entered={entered} onTravel={travel} /> : null}
        <div data-past={at !== undefined} className="grid min-w-0 content-start gap-6">
          <Outlet />
        </div>
      </PageBody>
    </InstanceContext>
  );
}

/** The server knows the database, and no such moment of it. */
function isNoMoment(error: unknown): boolean {
  const { status, code } = asProblem(error);
  return status === 400 || status === 422 || code === "not_yet";
}

function LayoutSkeleton() {
  return (
    <PageBody>
      <div className="grid gap-3">
        <div className="flex h-8.5 items-center justify-between">
          <Skeleton className="h-6 w-48" />
          <Skeleton className="h-8 w-40" />
        </div>
        <div className="-mx-4 h-10 border-b sm:-mx-6" />
      </div>
      <Skeleton className="h-64" />
    </PageBody>
  );
}
