import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { adoptJob, instanceQuery, rotateCredentials } from "@/api/instances";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { SettingRow } from "@/components/setting-row";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { useInstance, useInstanceRefusal } from "./context";

export function RotateRow() {
  const { instance, follow } = useInstance();
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const refused = useInstanceRefusal("rotateCredentials");
  const rotating = useMutation({
    mutationFn: () => rotateCredentials(instance.id),
    onSuccess: async (job) => {
      follow(job.id);
      queries.setQueryData(instanceQuery(instance.id).queryKey, (now) => (now ? { ...now, currentJobId: job.id } : now));
      adoptJob(queries, job);
      setOpen(false);
      await navigate({ to: "/instances/$instanceId", params: { instanceId: instance.id } });
    },
  });
  const reason =
    refused ??
    (instance.currentJobId ? "A job is under way; wait until it is over." : null) ??
    (instance.lifecycle === "running" ? null : "The password is set in Postgres, so it has to run.");
  return (
    <>
      <SettingRow title="Password" text="Sets a new random password. The old one stops working; open connections stay.">
        <Allowed reason={reason} align="end">
          <Button variant="outline" onClick={() => setOpen(true)}>
            Rotate password
          </Button>
        </Allowed>
      </SettingRow>
      <Dialog open={open} onClose={() => setOpen(false)} title="Rotate the password?" description="Programs that use the old password cannot connect any more until they have the new one, which you find under Connect.">
        {rotating.isError ? <ErrorPanel error={rotating.error} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={() => setOpen(false)}>
            Cancel
          </Button>
          <Button busy={rotating.isPending} onClick={() => rotating.mutate()}>
            Rotate password
          </Button>
        </DialogFooter>
      </Dialog>
    </>
  );
}
