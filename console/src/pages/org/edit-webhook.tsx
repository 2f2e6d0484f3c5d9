import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem } from "@/api/problem";
import type { Webhook } from "@/api/types";
import { deleteWebhook, updateWebhook, type WebhookWish, webhooksQuery } from "@/api/webhooks";
import { ErrorPanel } from "@/components/error-panel";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { Switch } from "@/components/ui/switch";
import { toast } from "@/components/ui/toaster";
import { submits } from "@/lib/form";
import { asWish, WebhookFields } from "./webhook-fields";

interface EditWebhookProps {
  webhook: Webhook;
  open: boolean;
  onClose: () => void;
}

export function EditWebhook({ webhook, open, onClose }: EditWebhookProps) {
  const [enabled, setEnabled] = useState(webhook.status === "enabled");
  const [deleting, setDeleting] = useState(false);
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: webhooksQuery(webhook.orgId).queryKey });
  const saving = useMutation({
    mutationFn: (wish: WebhookWish) => {
      const status = enabled ? "enabled" : "disabled";
      return updateWebhook(webhook.id, { ...wish, ...(status === webhook.status ? {} : { status }) });
    },
    onSuccess: () => {
      refresh();
      onClose();
      toast("Webhook saved.");
    },
  });
  const removing = useMutation({
    mutationFn: () => deleteWebhook(webhook.id),
    onSuccess: () => {
      refresh();
      onClose();
      toast("Webhook deleted.");
    },
  });
  if (deleting) {
    const keep = () => setDeleting(false);
    return (
      <Dialog open={open} onClose={keep} title="Delete this webhook?" description={`${webhook.url} is told nothing any more, and its secret is destroyed.`}>
        {removing.isError ? <ErrorPanel error={removing.error} /> : null}
        <DialogFooter>
          <Button variant="outline" onClick={keep}>
            Keep it
          </Button>
          <Button variant="danger" busy={removing.isPending} onClick={() => removing.mutate()}>
            Delete webhook
          </Button>
        </DialogFooter>
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={onClose} title="Edit webhook">
      <form className="grid gap-4" onSubmit={submits((text) => saving.mutate(asWish(text)))}>
        <WebhookFields wish={webhook} problem={saving.isError ? asProblem(saving.error) : null} />
        <label className="flex items-center justify-between gap-4">
          <span className="grid">
            <span className="text-[0.8125rem] font-medium">Enabled</span>
            <span className="text-[0.8125rem] text-muted-foreground">Once enabled again, it goes on where it stopped.</span>
          </span>
          <Switch checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />
        </label>
        <DialogFooter>
          <Button variant="danger-outline" className="sm:mr-auto" onClick={() => setDeleting(true)}>
            Delete
          </Button>
          <Button variant="outline" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" busy={saving.isPending}>
            Save
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
