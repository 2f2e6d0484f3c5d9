import type { Problem } from "@/api/problem";
import type { WebhookWish } from "@/api/webhooks";
import { ErrorPanel } from "@/components/error-panel";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { WebhookEvents } from "./webhook-events";

/** What the fields below hold. */
export const asWish = (text: (name: string) => string): WebhookWish => ({
  url: text("url").trim(),
  description: text("description").trim(),
  events: text("events").split(" ").filter(Boolean),
});

interface WebhookFieldsProps {
  wish?: WebhookWish;
  problem: Problem | null;
}

export function WebhookFields({ wish, problem }: WebhookFieldsProps) {
  return (
    <>
      <Field label="Address" error={problem?.field("url")} hint="Begins with https:// and is reachable from the internet.">
        {(control) => <Input {...control} name="url" type="url" required maxLength={2048} autoComplete="off" defaultValue={wish?.url} placeholder="https://example.com/hooks/dbxyz" />}
      </Field>
      <Field label="Description" error={problem?.field("description")}>
        {(control) => <Input {...control} name="description" maxLength={200} autoComplete="off" defaultValue={wish?.description} placeholder="Tells the on-call channel" />}
      </Field>
      <WebhookEvents chosen={wish?.events ?? []} error={problem?.field("events")} />
      {problem && problem.fields.size === 0 ? <ErrorPanel error={problem} /> : null}
    </>
  );
}
