import { useQuery } from "@tanstack/react-query";
import type { Why } from "@/api/types";
import { whyQuery } from "@/api/why";
import { ErrorPanel } from "@/components/error-panel";
import { TimeAgo } from "@/components/time-ago";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { Skeleton } from "@/components/ui/skeleton";
import { readable } from "@/lib/words";
import { useInstance } from "./context";

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
      <p className="font-medium text-pretty">{why.summary}</p>
      {why.cause ? <p className="break-words text-pretty">{readable(why.cause)}</p> : null}
      {why.waitingFor ? <p className="text-pretty">{why.waitingFor}</p> : null}
      {why.lastTransition ? (
        <p className="text-[0.8125rem] break-words text-muted-foreground text-pretty">
          {why.cause ? "Since" : `${readable(why.lastTransition.sentence)} ·`} <TimeAgo time={why.lastTransition.time} />
        </p>
      ) : null}
    </>
  );
}

function Actions({ why }: { why: Why }) {
  // What can be done with one that works is at the top of the page.
  if (why.actions.length === 0 || why.state === "running" || why.state === "stopped") return null;
  return (
    <section className="border-t px-4 py-3">
      <h3 className="text-xs font-medium text-muted-foreground">What can be done, from the shell</h3>
      <ul className="mt-1 grid">
        {why.actions.map((action) => (
          <li key={action.name} className="flex items-center justify-between gap-3 py-1">
            <div className="min-w-0">
              <p className="text-pretty">{action.sentence}</p>
              <code className="block truncate font-mono text-xs text-muted-foreground">{action.command}</code>
            </div>
            <CopyButton text={action.command} label={`Copy ${action.command}`} className="shrink-0" />
          </li>
        ))}
      </ul>
    </section>
  );
}
