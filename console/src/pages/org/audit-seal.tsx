import { useQuery } from "@tanstack/react-query";
import { Download, ShieldCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { chainUrl, checkpointKeysQuery, checkpointQuery } from "@/api/audit";
import type { Checkpoint } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { TimeAgo } from "@/components/time-ago";
import { Button, buttonVariants } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Skeleton } from "@/components/ui/skeleton";
import { plural } from "@/lib/amount";
import { cn } from "@/lib/cn";
import { exact } from "@/lib/time";

/** Up to where the log is sealed by a signature, and how anybody can check that. */
export function AuditSeal({ orgId }: { orgId: string }) {
  const checkpoint = useQuery(checkpointQuery(orgId));
  const [open, setOpen] = useState(false);
  if (checkpoint.isError) return <ErrorPanel error={checkpoint.error} onRetry={() => void checkpoint.refetch()} />;
  return (
    <Card className="flex min-h-13 flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-2">
      <div className="flex min-w-0 flex-1 basis-72 items-center gap-3">
        <ShieldCheck aria-hidden className={cn("size-4.5 shrink-0", checkpoint.data ? "text-good" : "text-muted-foreground")} />
        {checkpoint.isPending ? <Skeleton className="h-5 w-72" /> : <Sealed checkpoint={checkpoint.data} />}
      </div>
      <Button variant="outline" size="sm" disabled={!checkpoint.data} onClick={() => setOpen(true)}>
        Verify
      </Button>
      {checkpoint.data ? <HowToVerify orgId={orgId} checkpoint={checkpoint.data} open={open} onClose={() => setOpen(false)} /> : null}
    </Card>
  );
}

function Sealed({ checkpoint }: { checkpoint: Checkpoint | null }) {
  if (!checkpoint) return <p className="text-muted-foreground">Not sealed yet. This says so as soon as the server has signed a checkpoint.</p>;
  return (
    <p>
      <span className="font-medium">Sealed by checkpoint {checkpoint.number}</span>
      <span className="text-muted-foreground">
        , signed <TimeAgo time={checkpoint.madeAt} /> over {plural(checkpoint.events, "event")} of this installation
      </span>
    </p>
  );
}

interface HowToVerifyProps {
  orgId: string;
  checkpoint: Checkpoint;
  open: boolean;
  onClose: () => void;
}

function HowToVerify({ orgId, checkpoint, open, onClose }: HowToVerifyProps) {
  const keys = useQuery({ ...checkpointKeysQuery, enabled: open });
  const key = keys.data?.find((one) => one.keyId === checkpoint.keyId);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title="Verify this log"
      description="Every event is chained to the one before it, and each checkpoint signs all of them. You can check this without trusting this server."
      className="w-[min(40rem,calc(100vw-1.5rem))]"
    >
      <ol className="grid gap-4">
        <Step number={1} title="Run the check where you trust the machine">
          <CodeBlock label="verify command" code={`dbx audit verify --org ${orgId}`} />
          <p className="text-[0.8125rem] text-muted-foreground">It fetches the org's whole history and names every event that was edited, dropped, moved or given another time.</p>
        </Step>
        <Step number={2} title="Compare the key with the one that your operator published">
          {keys.isError ? <ErrorPanel error={keys.error} onRetry={() => void keys.refetch()} /> : null}
          {key ? <Value label="public key" value={key.publicKey} /> : keys.isError ? null : <Skeleton className="h-10" />}
        </Step>
        <Step number={3} title="Keep this checkpoint somewhere else">
          <Value label="checkpoint" value={`${checkpoint.number}:${checkpoint.hash}`} />
          <p className="text-[0.8125rem] text-muted-foreground">Signed {exact(checkpoint.madeAt)}. If it is still there later, nobody replaced the log as a whole.</p>
        </Step>
      </ol>
      <div>
        <a href={chainUrl(orgId)} download={`${orgId}.chain.jsonl`} className={buttonVariants({ variant: "outline" })}>
          <Download />
          Download the history as it was hashed
        </a>
      </div>
    </Dialog>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="grid grid-cols-[1.5rem_minmax(0,1fr)] gap-x-3">
      <span aria-hidden className="grid size-6 place-items-center rounded-full bg-muted text-xs font-semibold text-muted-foreground">
        {number}
      </span>
      <div className="grid gap-2">
        <h3 className="leading-6 font-medium">{title}</h3>
        {children}
      </div>
    </li>
  );
}

function Value({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex items-center gap-2 rounded-lg border bg-muted/50 py-1 pr-1 pl-3">
      <code aria-label={label} className="min-w-0 flex-1 font-mono text-xs break-all">
        {value}
      </code>
      <CopyButton text={value} label={`Copy ${label}`} />
    </div>
  );
}
