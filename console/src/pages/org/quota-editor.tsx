import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { quotaQuery, updateQuota } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import type { Quota } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { LIMITS } from "@/components/limits";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { toast } from "@/components/ui/toaster";
import { submits } from "@/lib/form";
import { useRefusal } from "@/shell/place";

export function QuotaEditor({ orgId, quota }: { orgId: string; quota: Quota }) {
  const [open, setOpen] = useState(false);
  const refused = useRefusal("setQuota");
  const queries = useQueryClient();
  const saving = useMutation({
    mutationFn: (limits: Quota["limits"]) => updateQuota(orgId, limits),
    onSuccess: (saved) => {
      queries.setQueryData(quotaQuery(orgId).queryKey, saved);
      setOpen(false);
      toast("Quota saved.");
    },
  });
  const problem = saving.isError ? asProblem(saving.error) : null;
  return (
    <>
      <Allowed reason={refused} align="end">
        <Button variant="outline" size="sm" onClick={() => setOpen(true)}>
          Change
        </Button>
      </Allowed>
      <Dialog open={open} onClose={() => setOpen(false)} title="Change the quota" description="The most that this org may use at once. What it already uses stays, even above a lower limit.">
        <form
          className="grid gap-4"
          onSubmit={submits((text) =>
            saving.mutate({ instances: Number(text("instances")), vcpus: Number(text("vcpus")), memoryMiB: Number(text("memoryMiB")), diskGiB: Number(text("diskGiB")) }),
          )}
        >
          <div className="grid grid-cols-2 gap-4">
            {LIMITS.map(({ key, label }) => (
              <Field key={key} label={label} error={problem?.field(key)}>
                {(control) => <Input {...control} name={key} type="number" inputMode="numeric" min={0} required defaultValue={quota.limits[key]} className="tabular-nums" />}
              </Field>
            ))}
          </div>
          {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
          <DialogFooter>
            <Button variant="outline" onClick={() => setOpen(false)}>
              Cancel
            </Button>
            <Button type="submit" busy={saving.isPending}>
              Save
            </Button>
          </DialogFooter>
        </form>
      </Dialog>
    </>
  );
}
