import { useMutation, useQueryClient } from "@tanstack/react-query";
import { invite } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import type { Role } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { SecretOnce } from "@/components/secret-once";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { submits } from "@/lib/form";
import { ROLE_MEANS, ROLES } from "@/lib/policy";
import { usePlace } from "@/shell/place";

interface InviteDialogProps {
  orgId: string;
  open: boolean;
  onClose: () => void;
}

export function InviteDialog({ orgId, open, onClose }: InviteDialogProps) {
  const { org } = usePlace();
  const queries = useQueryClient();
  const inviting = useMutation({
    mutationFn: ({ email, role }: { email: string; role: Role }) => invite(orgId, email, role),
    gcTime: 0,
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["org", orgId, "invitations"] }),
  });
  const close = () => {
    inviting.reset();
    onClose();
  };
  const problem = inviting.isError ? asProblem(inviting.error) : null;
  if (inviting.data) {
    return (
      <Dialog open={open} onClose={close} title="Invitation ready" description={`Send this link to ${inviting.data.email}. It works once, for that address only.`}>
        <SecretOnce label="Invitation link" secret={inviting.data.link} onDone={close} />
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title="Invite somebody" description="You get a link to send to them.">
      <form className="grid gap-4" onSubmit={submits((text) => inviting.mutate({ email: text("email"), role: text("role") as Role }))}>
        <Field label="Email" error={problem?.field("email")}>
          {(control) => <Input {...control} name="email" type="email" required autoComplete="off" placeholder="ada@example.com" />}
        </Field>
        <Field label="Role" error={problem?.field("role")}>
          {(control) => (
            <Select {...control} name="role" defaultValue="member">
              {ROLES.filter((role) => !org || ROLES.indexOf(role) <= ROLES.indexOf(org.role)).map((role) => (
                <option key={role} value={role}>
                  {role.replace(/^./, (first) => first.toUpperCase())}: {ROLE_MEANS[role]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" busy={inviting.isPending}>
            Create invitation
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
