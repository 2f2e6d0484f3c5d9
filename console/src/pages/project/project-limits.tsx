import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "@/api/problem";
import { projectQuotaQuery, updateProjectQuota } from "@/api/projects";
import type { ProjectQuota } from "@/api/types";
import { Allowed } from "@/components/allowed";
import { LIMITS } from "@/components/limits";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { toast } from "@/components/ui/toaster";
import { submits } from "@/lib/form";
import { useRefusal } from "@/shell/place";

type Limits = ProjectQuota["limits"];

/** An empty field is no limit. */
const asLimit = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));

/** The button that changes a project's limits, and its dialog. */
export function ProjectLimits({ projectId, limits }: { projectId: string; limits: Limits }) {
  const [open, setOpen] = useState(false);
  const refused = useRefusal("setQuota");
  const queries = useQueryClient();
  const saving = useMutation({
    mutationFn: (wish: Limits) => updateProjectQuota(projectId, wish),
    onSuccess: (saved) => {
      queries.setQueryData(projectQuotaQuery(projectId).queryKey, saved);
      setOpen(false);
      toast("Limits saved.");
    },
  });
  const close = () => {
    saving.reset();
    setOpen(false);
  };
  const problem = saving.isError ? asProblem(saving.error) : null;
  return (
    <>
      <Allowed reason={refused} align="end">
        <Button variant="outline" size="sm" onClick={() => setOpen(true)}>
          Change
        </Button>
      </Allowed>
      <Dialog open={open} onClose={close} title="Limits of this project" description="The most that its databases may use at once. What it already uses stays, even above a lower limit. An empty field is no limit.">
        <form
          className="grid gap-4"
          onSubmit={submits((text) =>
            saving.mutate({ instances: asLimit(text("instances")), vcpus: asLimit(text("vcpus")), memoryMiB: asLimit(text("memoryMiB")), diskGiB: asLimit(text("diskGiB")) }),
          )}
        >
          <div className="grid grid-cols-2 gap-4">
            {LIMITS.map(({ key, label }) => (
              <Field key={key} label={label} error={problem?.field(key)}>
                {(control) => <Input {...control} name={key} type="number" inputMode="numeric" min={0} defaultValue={limits[key] ?? ""} placeholder="No limit" className="tabular-nums" />}
              </Field>
            ))}
          </div>
          {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
          <DialogFooter>
            <Button variant="outline" onClick={close}>
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
