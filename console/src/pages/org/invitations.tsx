import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MailOpen } from "lucide-react";
import { invitationsQuery, revokeInvitation } from "@/api/orgs";
import type { Invitation } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { Loaded } from "@/components/loaded";
import { TimeAgo } from "@/components/time-ago";
import { ErrorPanel } from "@/components/error-panel";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { usePlace, useRefusal } from "@/shell/place";

export function Invitations({ orgId }: { orgId: string }) {
  const refused = useRefusal("manageMembers");
  const { org } = usePlace();
  // Not before it is known whether they may: a refusal is no news.
  const invitations = useQuery({ ...invitationsQuery(orgId), enabled: org !== undefined && refused === null });
  return (
    <Card>
      <CardHeader>
        <CardTitle>Open invitations</CardTitle>
      </CardHeader>
      {refused ? (
        <Empty title="Invitations are seen by admins" className="py-8">
          {refused}
        </Empty>
      ) : (
        <Loaded query={invitations} skeleton={<Skeleton className="m-4 h-12" />}>
          {(all) =>
            all.length === 0 ? (
              <Empty icon={<MailOpen />} title="No open invitations" className="py-8">
                People that you invite stand here until they accept.
              </Empty>
            ) : (
              <ul className="divide-y">
                {all.map((invitation) => (
                  <Row key={invitation.id} orgId={orgId} invitation={invitation} />
                ))}
              </ul>
            )
          }
        </Loaded>
      )}
    </Card>
  );
}

function Row({ orgId, invitation }: { orgId: string; invitation: Invitation }) {
  const queries = useQueryClient();
  const refused = useRefusal("manageMembers");
  const revoking = useMutation({
    mutationFn: () => revokeInvitation(orgId, invitation.id),
    onSuccess: () => toast("Invitation revoked; its link no longer works."),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["org", orgId, "invitations"] }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-44">
        <p className="truncate font-medium">{invitation.email}</p>
        <p className="text-[0.8125rem] text-muted-foreground">
          expires <TimeAgo time={invitation.expiresAt} />
        </p>
      </div>
      <div className="flex items-center gap-3">
        <Badge className="capitalize">{invitation.role}</Badge>
        <Allowed reason={refused} align="end">
          <Button variant="outline" size="sm" busy={revoking.isPending} onClick={() => revoking.mutate()}>
            Revoke
          </Button>
        </Allowed>
      </div>
      {revoking.isError ? <ErrorPanel title="The invitation was not revoked" error={revoking.error} onRetry={() => revoking.mutate()} onDismiss={revoking.reset} className="basis-full" /> : null}
    </li>
  );
}
