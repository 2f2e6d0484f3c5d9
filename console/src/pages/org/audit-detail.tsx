import type { ReactNode } from "react";
import type { AuditFilter } from "@/api/audit";
import type { AuditEntry } from "@/api/types";
import { RequestId } from "@/components/request-id";
import { Button } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/code-block";
import { Dialog } from "@/components/ui/dialog";
import { exact } from "@/lib/time";

interface AuditDetailProps {
  entry: AuditEntry | null;
  onClose: () => void;
  onFilter: (more: AuditFilter) => void;
}

export function AuditDetail({ entry, onClose, onFilter }: AuditDetailProps) {
  return (
    <Dialog open={entry !== null} onClose={onClose} title={entry?.action ?? ""} className="w-[min(40rem,calc(100vw-1.5rem))]">
      {entry ? (
        <>
          <dl className="grid gap-2 text-[0.8125rem] sm:grid-cols-[7rem_minmax(0,1fr)]">
            <Row label="Time">{exact(entry.time)}</Row>
            <Row label="Actor">
              {entry.actor.name ? `${entry.actor.name}, ` : ""}
              <code className="font-mono break-all">{entry.actor.id}</code>
            </Row>
            <Row label="Resource">
              {entry.resource.kind} {entry.resource.name ? `${entry.resource.name}, ` : ""}
              <code className="font-mono break-all">{entry.resource.id}</code>
            </Row>
            <Row label="From">{entry.address ?? "not recorded"}</Row>
            <Row label="With">{entry.userAgent ?? "not recorded"}</Row>
            <Row label="Event">{entry.eventType}</Row>
          </dl>
          <p className="flex flex-wrap items-center gap-2 text-[0.8125rem]">
            Show only
            <Button variant="outline" size="sm" onClick={() => onFilter({ actor: entry.actor.id })}>
              this actor
            </Button>
            <Button variant="outline" size="sm" onClick={() => onFilter({ action: entry.action })}>
              this action
            </Button>
            <Button variant="outline" size="sm" onClick={() => onFilter({ resource: entry.resource.id })}>
              this resource
            </Button>
          </p>
          {entry.requestId ? <RequestId id={entry.requestId} /> : null}
          {entry.before === null ? null : <CodeBlock label="Before" code={JSON.stringify(entry.before, null, 2)} />}
          {entry.after === null ? null : <CodeBlock label="After" code={JSON.stringify(entry.after, null, 2)} />}
        </>
      ) : null}
    </Dialog>
  );
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted-foreground">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
