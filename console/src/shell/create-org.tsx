import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createOrg } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { submits } from "@/lib/form";

interface CreateOrgProps {
  open: boolean;
  onClose: () => void;
  onCreated: (orgId: string) => void;
}

export function CreateOrg({ open, onClose, onCreated }: CreateOrgProps) {
  const queries = useQueryClient();
  const creating = useMutation({
    mutationFn: createOrg,
    onSuccess: async (org) => {
      await queries.invalidateQueries({ queryKey: ["orgs"] });
      onClose();
      onCreated(org.id);
    },
  });
  const problem = creating.isError ? asProblem(creating.error) : null;
  return (
    <Dialog open={open} onClose={onClose} title="New org" description="People, projects, quotas and the audit log of one team. You become its owner.">
      <form className="grid gap-4" onSubmit={submits((text) => creating.mutate(text("name")))}>
        <Field label="Name" error={problem?.field("name")}>
          {(control) => <Input {...control} name="name" required maxLength={80} autoComplete="organization" placeholder="Acme" />}
        </Field>
        {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" busy={creating.isPending}>
            Create org
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
