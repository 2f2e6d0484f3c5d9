import { useQuery } from "@tanstack/react-query";
import { whyQuery } from "@/api/why";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { ErrorPanel } from "@/components/error-panel";
import { Skeleton } from "@/components/ui/skeleton";
import { TimeAgo } from "@/components/time-ago";
import { useInstance } from "./context";

/** Why the instance is in the state that it is in, in sentences. */
export function WhyCard() {
  const { instance, at } = useInstance();
  const why = useQuery({ ...whyQuery(instance.id), enabled: at === undefined });
  // Told of now only; in the past the events beside it tell.
  if (at !== undefined) return null;
  return (
    <Card>
      <CardHeader>
        <CardTitle>Why it is in this state</CardTitle>
      </CardHeader>
      <CardContent className="grid gap-2">
        {why.data ? (
          <>
            <p className="font-medium text-pretty">{why.data.summary}</p>
            {why.data.lastTransition ? (
              <p className="text-muted-foreground text-pretty">
                {why.data.lastTransition.sentence} <TimeAgo time={why.data.lastTransition.time} />.
              </p>
            ) : null}
            {why.data.cause ? <p className="text-pretty">{why.data.cause}</p> : null}
            {why.data.waitingFor ? <p className="text-pretty">{why.data.waitingFor}</p> : null}
          </>
        ) : why.isError ? (
          <ErrorPanel error={why.error} onRetry={() => void why.refetch()} />
        ) : (
          <>
            <Skeleton className="h-5 w-3/4" />
            <Skeleton className="h-5 w-1/2" />
          </>
        )}
      </CardContent>
    </Card>
  );
}
