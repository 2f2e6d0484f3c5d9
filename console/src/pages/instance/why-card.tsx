import { useQuery } from "@tanstack/react-query";
import type { Why } from "@/api/types";
import { whyQuery } from "@/api/why";
import { ErrorPanel } from "@/components/error-panel";
import { TimeAgo } from "@/components/time-ago";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { readable } from "@/lib/words";
import { useInstance } from "./context";
import { DeleteDatabase } from "./delete-database";

/** Why the instance is in the state that it is in, in sentences, and what can be done about it. */
export function WhyCard() {
  const { instance } = useInstance();
  const why = useQuery(whyQuery(instance.id));
  return (
    <Card>
      <CardHeader>
        <CardTitle>Why it is in this state</CardTitle>
      </CardHeader>
      {why.data ? (
        <>
          <CardContent className="grid gap-2">
            <Sentences why={why.data} />
          </CardContent>
          <Actions why={why.data} />
        </>
      ) : (
        <CardContent className="grid gap-2">
          {why.isError ? (
            <ErrorPanel error={why.error} onRetry={() => void why.refetch()} />
          ) : (
            <>
              <Skeleton className="h-5 w-3/4" />
              <Skeleton className="h-5 w-1/2" />
            </>
          )}
        </CardContent>
      )}
    </Card>
  );
}

function Sentences({ why }: { why: Why }) {
  return (
    <>
      <p className="font-medium wrap-anywhere text-pretty">{why.summary}</p>
      {why.cause ? <p className="wrap-anywhere text-pretty">{readable(why.cause)}</p> : null}
      {why.waitingFor ? (
        <p className="wrap-anywhere text-pretty">
          <span className="text-muted-foreground">Waiting for:</span> {why.waitingFor.replace(/^[AT](?=\w* )/, (first) => first.toLowerCase())}
        </p>
      ) : null}
      {why.lastTransition ? (
        <p className="text-[0.8125rem] wrap-anywhere text-muted-foreground text-pretty">
          {why.cause ? "Since" : `${readable(why.lastTransition.sentence)} ·`} <TimeAgo time={why.lastTransition.time} />
        </p>
      ) : null}
    </>
  );
}

/** What is left to do about one that never came into being. Everything else is offered where the job is, or above. */
function Actions({ why }: { why: Why }) {
  const end = why.actions.find((action) => action.name === "delete");
  if (why.state !== "failed" || !end) return null;
  return (
    <section className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t px-4 py-3">
      <p className="min-w-0 flex-1 basis-52 text-muted-foreground text-pretty">{end.sentence}</p>
      <DeleteDatabase size="sm" />
    </section>
  );
}
