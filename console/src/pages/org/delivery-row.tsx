import { History } from "lucide-react";
import type { WebhookDelivery } from "@/api/types";
import { TimeAgo } from "@/components/time-ago";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { plural } from "@/lib/amount";
import { eventKind } from "@/lib/events";

interface DeliveryRowProps {
  delivery: WebhookDelivery;
  busy: boolean;
  /** Sends it and everything after it again. */
  onReplay: () => void;
}

/** Tests belong to no moment that could be gone back to. */
const isTest = ({ type }: WebhookDelivery): boolean => type === "webhook.test";

export function DeliveryRow({ delivery, busy, onReplay }: DeliveryRowProps) {
  const taken = delivery.status === "delivered";
  const kind = eventKind(delivery.type);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-3.5 py-2.5">
      <div className="grid min-w-0 flex-1 basis-52 gap-0.5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="text-[0.8125rem] font-medium" title={delivery.type}>
            {kind}
          </span>
          <Badge tone={taken ? "good" : "warn"}>{taken ? "Delivered" : "Failing"}</Badge>
        </p>
        <p className="text-xs text-muted-foreground">
          {delivery.responseStatus === null ? "no answer" : `answered ${delivery.responseStatus}`} · {plural(delivery.attempts, "attempt")} · <TimeAgo time={delivery.lastAttemptAt} />
        </p>
        {!taken && delivery.excerpt ? <p className="line-clamp-2 font-mono text-xs break-all text-muted-foreground">{delivery.excerpt}</p> : null}
      </div>
      {isTest(delivery) ? null : (
        <Button variant="ghost" size="sm" busy={busy} aria-label={`Send again from here on: ${kind}`} onClick={onReplay}>
          <History />
          Again from here
        </Button>
      )}
    </li>
  );
}
