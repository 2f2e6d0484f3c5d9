import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import type { Webhook } from "@/api/types";
import { webhooksQuery } from "@/api/webhooks";
import { Allowed } from "@/components/allowed";
import { Loaded } from "@/components/loaded";
import { PageBody, PageHeader } from "@/components/page";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { eventKind } from "@/lib/events";
import { usePlace, useRefusal } from "@/shell/place";
import { CreateWebhook } from "./create-webhook";
import { EditWebhook } from "./edit-webhook";
import { WebhookDeliveries } from "./webhook-deliveries";

export function Webhooks() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/webhooks" });
  const refused = useRefusal("manageWebhooks");
  const { org } = usePlace();
  // Not before it is known whether they may: a refusal is no news.
  const webhooks = useQuery({ ...webhooksQuery(orgId), enabled: org !== undefined && refused === null });
  const [creating, setCreating] = useState(false);
  const add = (
    <Allowed reason={refused} align="end">
      <Button onClick={() => setCreating(true)}>
        <Plus />
        New webhook
      </Button>
    </Allowed>
  );
  return (
    <PageBody>
      <PageHeader
        title="Webhooks"
        description="Programs of yours that are told what happens in this org, by signed HTTP requests."
        actions={add}
      />
      <Card>
        {refused ? (
          <Empty icon={<WebhookIcon />} title="Webhooks are seen by admins">
            {refused}
          </Empty>
        ) : (
          <Loaded query={webhooks} skeleton={<Skeleton className="m-4 h-24" />}>
            {(all) =>
              all.length === 0 ? (
                <Empty icon={<WebhookIcon />} title="No webhook yet" action={add}>
                  Give an address of yours, and it is sent a message for everything that happens here: a database is ready, a job failed, a member joined.
                </Empty>
              ) : (
                <ul className="divide-y">
                  {all.map((webhook) => (
                    <Row key={webhook.id} webhook={webhook} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        )}
      </Card>
      <CreateWebhook orgId={orgId} open={creating} onClose={() => setCreating(false)} />
    </PageBody>
  );
}

function Row({ webhook }: { webhook: Webhook }) {
  const [open, setOpen] = useState<"edit" | "deliveries" | null>(null);
  const close = () => setOpen(null);
  const told = webhook.events.length === 0 ? "everything but single steps" : webhook.events.map(eventKind).join(", ").toLowerCase();
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex items-center gap-2">
          <code className="truncate font-mono text-[0.8125rem] font-medium">{webhook.url}</code>
          <Badge tone={webhook.status === "enabled" ? "good" : "warn"}>{webhook.status === "enabled" ? "Enabled" : "Disabled"}</Badge>
        </p>
        <p className="text-[0.8125rem] wrap-anywhere text-muted-foreground">
          {webhook.description ? `${webhook.description} · ` : ""}Told of {told}
        </p>
        {webhook.disabledReason ? <p className="text-[0.8125rem] wrap-anywhere text-warn first-letter:uppercase">{webhook.disabledReason}</p> : null}
      </div>
      <div className="flex gap-2">
        <Button variant="outline" size="sm" aria-label={`Deliveries to ${webhook.url}`} onClick={() => setOpen("deliveries")}>
          Deliveries
        </Button>
        <Button variant="outline" size="sm" aria-label={`Edit ${webhook.url}`} onClick={() => setOpen("edit")}>
          Edit
        </Button>
      </div>
      <WebhookDeliveries webhook={webhook} open={open === "deliveries"} onClose={close} />
      <EditWebhook key={`${webhook.id} ${webhook.status}`} webhook={webhook} open={open === "edit"} onClose={close} />
    </li>
  );
}
