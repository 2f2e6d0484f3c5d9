import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { meQuery } from "@/api/account";
import { changeRole, removeMember } from "@/api/orgs";
import type { Member, Role } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { TimeAgo } from "@/components/time-ago";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Select } from "@/components/ui/select";
import { toast } from "@/components/ui/toaster";
import { ROLES } from "@/lib/policy";
import { usePlace, useRefusal } from "@/shell/place";

interface MemberRowProps {
  orgId: string;
  member: Member;
  owners: number;
}

export function MemberRow({ orgId, member, owners }: MemberRowProps) {
  const me = useQuery(meQuery);
  const { org } = usePlace();
  const refused = useRefusal("manageMembers");
  const [removing, setRemoving] = useState(false);
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: (role: Role) => changeRole(orgId, member.userId, role),
    onSuccess: () => toast(`${member.displayName} has another role now.`),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["org", orgId] }),
  });
  const isMe = member.userId === me.data?.id;
  const above = org && ROLES.indexOf(member.role) > ROLES.indexOf(org.role) ? "Only somebody with that role may change it." : null;
  const last = member.role === "owner" && owners === 1 ? "An org keeps at least one owner." : null;
  const held = refused ?? above ?? last;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-44">
        <p className="flex items-center gap-2 font-medium">
          <span className="truncate">{member.displayName}</span>
          {isMe ? <Badge>You</Badge> : null}
        </p>
        <p className="text-[0.8125rem] break-words text-muted-foreground">
          {member.email} · joined <TimeAgo time={member.joinedAt} />
        </p>
      </div>
      <div className="flex items-center gap-2">
        <Select
          aria-label={`Role of ${member.displayName}`}
          title={held ?? undefined}
          className="w-32"
          value={changing.isPending ? changing.variables : member.role}
          disabled={held !== null || changing.isPending}
          onChange={(event) => changing.mutate(event.target.value as Role)}
        >
          {ROLES.map((role) => (
            <option key={role} value={role} disabled={org && ROLES.indexOf(role) > ROLES.indexOf(org.role)}>
              {role.replace(/^./, (first) => first.toUpperCase())}
            </option>
          ))}
        </Select>
        <Allowed reason={isMe ? last : held} align="end">
          <Button variant="outline" className="w-21" onClick={() => setRemoving(true)}>
            {isMe ? "Leave" : "Remove"}
          </Button>
        </Allowed>
      </div>
      {changing.isError ? <ErrorPanel title="The role was not changed" error={changing.error} onRetry={() => changing.mutate(changing.variables)} onDismiss={changing.reset} className="basis-full" /> : null}
      <Removal orgId={orgId} member={member} isMe={isMe} open={removing} onClose={() => setRemoving(false)} />
    </li>
  );
}

interface RemovalProps {
  orgId: string;
  member: Member;
  isMe: boolean;
  open: boolean;
  onClose: () => void;
}

function Removal({ orgId, member, isMe, open, onClose }: RemovalProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const removing = useMutation({
    mutationFn: () => removeMember(orgId, member.userId),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: isMe ? ["orgs"] : ["org", orgId] });
      toast(isMe ? "You left the org." : `${member.displayName} was removed.`);
      if (isMe) await navigate({ to: "/" });
    },
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={isMe ? "Leave this org?" : `Remove ${member.displayName}?`}
      description={isMe ? "You see nothing of it any more until somebody invites you again." : "They see nothing of this org any more, and their API keys to it stop working."}
    >
      {removing.isError ? <ErrorPanel error={removing.error} /> : null}
      <DialogFooter>
        <Button variant="outline" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="danger" busy={removing.isPending} onClick={() => removing.mutate()}>
          {isMe ? "Leave" : "Remove"}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
