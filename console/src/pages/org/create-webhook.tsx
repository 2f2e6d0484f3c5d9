import { useMutation, useQueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";
import { createWebhook, type WebhookWish, webhooksQuery } from "@/api/webhooks";
import { SecretOnce } from "@/components/secret-once";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { submits } from "@/lib/form";
import { asWish, WebhookFields } from "./webhook-fields";

interface CreateWebhookProps {
  orgId: string;
  open: boolean;
  onClose: () => void;
}

export function CreateWebhook({ orgId, open, onClose }: CreateWebhookProps) {
  const queries = useQueryClient();
  const creating = useMutation({
    mutationFn: (wish: WebhookWish) => createWebhook(orgId, wish),
    gcTime: 0,
    onSuccess: () => void queries.invalidateQueries({ queryKey: webhooksQuery(orgId).queryKey }),
  });
  const close = () => {
    creating.reset();
    onClose();
  };
  if (creating.data) {
    return (
      <Dialog open={open} onClose={close} title="Webhook ready" description="Its messages are signed with this secret, as standardwebhooks.com describes. Check the signature before you believe one.">
        <SecretOnce label="Signing secret" secret={creating.data.secret} onDone={close} />
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title="New webhook" description="It is told what happens from now on.">
      <form className="grid gap-4" onSubmit={submits((text) => creating.mutate(asWish(text)))}>
        <WebhookFields problem={creating.isError ? asProblem(creating.error) : null} />
        <DialogFooter>
          <Button variant="outline" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" busy={creating.isPending}>
            Create webhook
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
