import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { closeOtherSessions, closeSession, sessionsQuery } from "@/api/account";
import type { OpenSession } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { Loaded } from "@/components/loaded";
import { TimeAgo } from "@/components/time-ago";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { deviceOf } from "./device";

export function Sessions() {
  const sessions = useQuery(sessionsQuery);
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: ["me", "sessions"] });
  const closing = useMutation({ mutationFn: closeSession, onSuccess: () => toast("That session is signed out."), onSettled: refresh });
  const closingOthers = useMutation({ mutationFn: closeOtherSessions, onSuccess: () => toast("All other sessions are signed out."), onSettled: refresh });
  return (
    <Card>
      <CardHeader>
        <CardTitle>Where you are signed in</CardTitle>
        <Button variant="outline" size="sm" busy={closingOthers.isPending} disabled={(sessions.data?.length ?? 0) < 2} onClick={() => closingOthers.mutate()}>
          Sign out all others
        </Button>
      </CardHeader>
      {closingOthers.isError ? <ErrorPanel title="The others are still signed in" error={closingOthers.error} onRetry={() => closingOthers.mutate()} onDismiss={closingOthers.reset} className="m-4" /> : null}
      {closing.isError ? <ErrorPanel title="That session is still signed in" error={closing.error} onRetry={() => closing.mutate(closing.variables)} onDismiss={closing.reset} className="m-4" /> : null}
      <Loaded query={sessions} skeleton={<Skeleton className="m-4 h-24" />}>
        {(all) => (
          <ul className="divide-y">
            {all.map((session) => (
              <Row key={session.id} session={session} busy={closing.isPending && closing.variables === session.id} onClose={() => closing.mutate(session.id)} />
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function Row({ session, busy, onClose }: { session: OpenSession; busy: boolean; onClose: () => void }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex items-center gap-2 font-medium">
          <span className="truncate" title={session.userAgent ?? undefined}>
            {deviceOf(session.userAgent)}
          </span>
          {session.current ? <Badge tone="good">This one</Badge> : null}
        </p>
        <p className="text-[0.8125rem] text-muted-foreground">
          {session.ip ?? "unknown address"} · seen <TimeAgo time={session.lastSeenAt} /> · since <TimeAgo time={session.createdAt} />
        </p>
      </div>
      {session.current ? null : (
        <Button variant="outline" size="sm" busy={busy} onClick={onClose}>
          Sign out
        </Button>
      )}
    </li>
  );
}
