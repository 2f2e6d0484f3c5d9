import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { History, Send } from "lucide-react";
import { asProblem } from "@/api/problem";
import type { Webhook, WebhookDelivery } from "@/api/types";
import { deliveriesQuery, replayWebhook, testWebhook } from "@/api/webhooks";
import { ErrorPanel } from "@/components/error-panel";
import { Loaded } from "@/components/loaded";
import { TimeAgo } from "@/components/time-ago";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/empty";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { plural } from "@/lib/amount";
import { eventKind } from "@/lib/events";
import { submits } from "@/lib/form";

interface WebhookDeliveriesProps {
  webhook: Webhook;
  open: boolean;
  onClose: () => void;
}

/** What a webhook was sent of late and how it fared, a test of it, and a way to send things again. */
export function WebhookDeliveries({ webhook, open, onClose }: WebhookDeliveriesProps) {
  const queries = useQueryClient();
  const deliveries = useQuery({ ...deliveriesQuery(webhook.id), enabled: open });
  const testing = useMutation({
    mutationFn: () => testWebhook(webhook.id),
    onSuccess: ({ status }) => toast(status === "delivered" ? "The test was taken." : "The test was not taken; the list says why.", { tone: status === "delivered" ? "good" : "bad" }),
    onSettled: () => void queries.invalidateQueries({ queryKey: deliveriesQuery(webhook.id).queryKey }),
  });
  return (
    <Dialog open={open} onClose={onClose} title="Deliveries" description={webhook.url} className="w-[min(40rem,calc(100vw-1.5rem))]">
      <div className="grid gap-3">
        <div className="flex items-center justify-between gap-3">
          <h3 className="font-medium">Newest messages</h3>
          <Button variant="outline" size="sm" busy={testing.isPending} onClick={() => testing.mutate()}>
            <Send />
            Send a test
          </Button>
        </div>
        {testing.isError ? <ErrorPanel error={testing.error} /> : null}
        <div className="max-h-80 overflow-y-auto rounded-lg border" tabIndex={0} role="region" aria-label="Newest messages">
          <Loaded query={deliveries} skeleton={<Skeleton className="m-4 h-24" />}>
            {(all) =>
              all.length === 0 ? (
                <Empty title="Nothing was sent yet" className="py-8">
                  Messages stand here as soon as something happens in the org. Send a test to see the first one.
                </Empty>
              ) : (
                <ul className="divide-y">
                  {all.map((delivery) => (
                    <Row key={delivery.id} delivery={delivery} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </div>
      </div>
      <Replay webhook={webhook} />
    </Dialog>
  );
}

function Row({ delivery }: { delivery: WebhookDelivery }) {
  const taken = delivery.status === "delivered";
  return (
    <li className="grid gap-0.5 px-3.5 py-2.5">
      <p className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <span className="text-[0.8125rem] font-medium" title={delivery.type}>{eventKind(delivery.type)}</span>
        <Badge tone={taken ? "good" : "warn"}>{taken ? "Delivered" : "Failing"}</Badge>
      </p>
      <p className="text-xs text-muted-foreground">
        {delivery.responseStatus === null ? "no answer" : `answered ${delivery.responseStatus}`} · {plural(delivery.attempts, "attempt")} · <TimeAgo time={delivery.lastAttemptAt} />
      </p>
      {!taken && delivery.excerpt ? <p className="line-clamp-2 font-mono text-xs break-all text-muted-foreground">{delivery.excerpt}</p> : null}
    </li>
  );
}

function Replay({ webhook }: { webhook: Webhook }) {
  const replaying = useMutation({
    mutationFn: (from: string) => replayWebhook(webhook.id, from),
    onSuccess: () => toast("It is told again from there."),
  });
  const problem = replaying.isError ? asProblem(replaying.error) : null;
  return (
    <form
      className="grid gap-3 border-t pt-4"
      onSubmit={submits((text) => {
        // The field has local time; the API takes a moment.
        replaying.mutate(new Date(text("from")).toISOString());
      })}
    >
      <Field label="Send again everything since" hint="Messages keep their ids, so a program that knows one can leave it out." error={problem?.field("from")}>
        {(control) => (
          <span className="flex flex-wrap gap-2">
            <Input {...control} name="from" type="datetime-local" required className="w-56" />
            <Button type="submit" variant="outline" busy={replaying.isPending}>
              <History />
              Send again
            </Button>
          </span>
        )}
      </Field>
      {problem && !problem.field("from") ? <ErrorPanel error={problem} /> : null}
    </form>
  );
}
