import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Send } from "lucide-react";
import type { Webhook } from "@/api/types";
import { deliveriesQuery, replayWebhook, testWebhook } from "@/api/webhooks";
import { ErrorPanel } from "@/components/error-panel";
import { Alert } from "@/components/ui/alert";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { DeliveryRow } from "./delivery-row";
import { ReplaySince } from "./webhook-replay";

interface WebhookDeliveriesProps {
  webhook: Webhook;
  open: boolean;
  onClose: () => void;
}

/** What a webhook was sent and how it fared, a test of it, and ways to send things again. */
export function WebhookDeliveries({ webhook, open, onClose }: WebhookDeliveriesProps) {
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: deliveriesQuery(webhook.id).queryKey });
  const testing = useMutation({ mutationFn: () => testWebhook(webhook.id), onSettled: refresh });
  const replaying = useMutation({
    mutationFn: (from: string) => replayWebhook(webhook.id, from),
    onSuccess: () => toast("It is told again from there."),
    onSettled: refresh,
  });
  return (
    <Dialog open={open} onClose={onClose} title="Deliveries" description={webhook.url} className="w-[min(42rem,calc(100vw-1.5rem))]">
      <div className="grid gap-3">
        <div className="flex items-center justify-between gap-3">
          <h3 className="font-medium">Messages, newest first</h3>
          <Button variant="outline" size="sm" busy={testing.isPending} onClick={() => testing.mutate()}>
            <Send />
            Send a test
          </Button>
        </div>
        {testing.isError ? <ErrorPanel title="The test was not sent" error={testing.error} onDismiss={testing.reset} /> : null}
        {testing.data ? <Tested taken={testing.data.status === "delivered"} /> : null}
        <Messages webhook={webhook} enabled={open} replaying={replaying.isPending ? replaying.variables : null} onReplay={replaying.mutate} />
      </div>
      <ReplaySince busy={replaying.isPending} error={replaying.isError ? replaying.error : null} onReplay={replaying.mutate} />
    </Dialog>
  );
}

function Tested({ taken }: { taken: boolean }) {
  return (
    <Alert role="status" tone={taken ? "good" : "warn"}>
      {taken ? "The test was taken." : "The test was not taken. The newest message below says why."}
    </Alert>
  );
}

interface MessagesProps {
  webhook: Webhook;
  enabled: boolean;
  /** Where sending again is asked to begin. */
  replaying: string | null;
  onReplay: (from: string) => void;
}

function Messages({ webhook, enabled, replaying, onReplay }: MessagesProps) {
  const pages = useInfiniteQuery({ ...deliveriesQuery(webhook.id), enabled });
  const all = pages.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <div className="max-h-80 overflow-y-auto rounded-lg border" tabIndex={0} role="region" aria-label="Messages, newest first">
      {pages.isPending ? <Skeleton className="m-4 h-24" /> : null}
      {pages.isError ? <ErrorPanel error={pages.error} onRetry={() => void pages.refetch()} className="m-4" /> : null}
      {pages.isSuccess && all.length === 0 ? (
        <Empty title="Nothing was sent yet" className="py-8">
          Messages stand here as soon as something happens in the org. Send a test to see the first one.
        </Empty>
      ) : null}
      <ul className="divide-y">
        {all.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} busy={replaying === delivery.id} onReplay={() => onReplay(delivery.id)} />
        ))}
      </ul>
      {pages.hasNextPage ? (
        <div className="border-t p-2 text-center">
          <Button variant="ghost" size="sm" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            Show older
          </Button>
        </div>
      ) : null}
    </div>
  );
}
