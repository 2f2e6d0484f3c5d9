import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity, Check, Circle, OctagonAlert, TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { type ActivityFilter, activityQuery } from "@/api/activity";
import type { ActivityItem } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { TimeAgo } from "@/components/time-ago";
import { Times } from "@/components/times";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";
import { folded } from "@/lib/folded";
import { readable, whoActed } from "@/lib/words";
import { useLive } from "@/live/live";
import { merged } from "./merge";

const MARKS: Record<ActivityItem["severity"], { icon: typeof Check; classes: string; word: string }> = {
  info: { icon: Circle, classes: "text-muted-foreground", word: "" },
  success: { icon: Check, classes: "text-good", word: "Done: " },
  warning: { icon: TriangleAlert, classes: "text-warn", word: "Warning: " },
  error: { icon: OctagonAlert, classes: "text-bad", word: "Failed: " },
};

interface ActivityListProps {
  orgId: string;
  filter?: ActivityFilter;
  /** Shows only so many, without a way to more. */
  limit?: number;
}

const EVERYTHING: ActivityFilter = {};

/** What happened, newest first; new things appear at the top as they happen. */
export function ActivityList({ orgId, filter = EVERYTHING, limit }: ActivityListProps) {
  const pages = useInfiniteQuery(activityQuery(orgId, filter));
  const { items: pushed } = useLive();
  const items = useMemo(() => {
    const fits = (item: ActivityItem) =>
      !item.detail && (!filter.projectId || item.projectId === filter.projectId) && (!filter.instanceId || item.instanceId === filter.instanceId);
    return merged(pages.data?.pages.flatMap((page) => page.data) ?? [], pushed.filter(fits));
  }, [pages.data, pushed, filter]);
  if (pages.isPending) return <ActivitySkeleton rows={limit ?? 8} />;
  if (pages.isError) return <ErrorPanel error={pages.error} onRetry={() => void pages.refetch()} className="m-4" />;
  if (items.length === 0) {
    return (
      <Empty icon={<Activity />} title="Nothing happened yet">
        Everything that people, keys and the platform do appears here as it happens.
      </Empty>
    );
  }
  return (
    <>
      <ol className="px-4 py-2">
        {folded(items, saidBy).slice(0, limit).map(({ item, times }) => (
          <Row key={item.position} item={item} times={times} />
        ))}
      </ol>
      {pages.hasNextPage && !limit ? (
        <div className="border-t p-3 text-center">
          <Button variant="ghost" size="sm" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show older
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** The same words about the same thing by the same actor. */
const saidBy = (item: ActivityItem): string => `${item.actor.id} ${item.instanceId ?? ""} ${readable(item.sentence)}`;

function Row({ item, times }: { item: ActivityItem; times: number }) {
  const { icon: Icon, classes, word } = MARKS[item.severity];
  const body = (
    <>
      {word ? <span className="sr-only">{word}</span> : null}
      {readable(item.sentence)}
    </>
  );
  return (
    <li className="flex gap-3 py-2">
      <Icon aria-hidden className={cn("mt-1 size-3.5 shrink-0", item.severity === "info" && "scale-60", classes)} />
      <div className="min-w-0 flex-1">
        <p className="text-pretty wrap-anywhere">
          {item.instanceId ? (
            <Link to="/instances/$instanceId/activity" params={{ instanceId: item.instanceId }} search={{ at: item.position }} className="hover:underline">
              {body}
            </Link>
          ) : (
            body
          )}
          <Times times={times} />
        </p>
        <p className="text-xs wrap-anywhere text-muted-foreground">
          <bdi>{whoActed(item.actor)}</bdi> · <TimeAgo time={item.time} />
        </p>
      </div>
    </li>
  );
}

function ActivitySkeleton({ rows }: { rows: number }) {
  return (
    <div className="grid gap-0 px-4 py-2">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="grid gap-1.5 py-2.5">
          <Skeleton className="h-4 w-4/5" />
          <Skeleton className="h-3 w-1/3" />
        </div>
      ))}
    </div>
  );
}
