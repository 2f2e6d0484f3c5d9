import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { membersQuery } from "@/api/orgs";
import { Allowed } from "@/components/allowed";
import { Loaded } from "@/components/loaded";
import { PageBody, PageHeader } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { ROLE_MEANS, ROLES } from "@/lib/policy";
import { useRefusal } from "@/shell/place";
import { Invitations } from "./invitations";
import { InviteDialog } from "./invite-dialog";
import { MemberRow } from "./member-row";

export function Members() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/members" });
  const members = useQuery(membersQuery(orgId));
  const [inviting, setInviting] = useState(false);
  const refused = useRefusal("manageMembers");
  return (
    <PageBody>
      <PageHeader
        title="Members"
        description="Who can work in this org, and what each of them may do."
        actions={
          <Allowed reason={refused} align="end">
            <Button onClick={() => setInviting(true)}>
              <UserPlus />
              Invite
            </Button>
          </Allowed>
        }
      />
      <div className="grid grid-cols-1 items-start gap-6 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="grid grid-cols-1 gap-6">
          <Card>
            <CardHeader>
              <CardTitle>People</CardTitle>
            </CardHeader>
            <Loaded query={members} skeleton={<Skeleton className="m-4 h-12" />}>
              {(all) => (
                <ul className="divide-y">
                  {all.map((member) => (
                    <MemberRow key={member.userId} orgId={orgId} member={member} owners={all.filter((one) => one.role === "owner").length} />
                  ))}
                </ul>
              )}
            </Loaded>
          </Card>
          <Invitations orgId={orgId} />
        </div>
        <Card>
          <CardHeader>
            <CardTitle>Roles</CardTitle>
          </CardHeader>
          <dl className="grid gap-3 p-4">
            {ROLES.toReversed().map((role) => (
              <div key={role}>
                <dt className="font-medium capitalize">{role}</dt>
                <dd className="text-muted-foreground text-pretty">{ROLE_MEANS[role]}</dd>
              </div>
            ))}
          </dl>
        </Card>
      </div>
      <InviteDialog orgId={orgId} open={inviting} onClose={() => setInviting(false)} />
    </PageBody>
  );
}
