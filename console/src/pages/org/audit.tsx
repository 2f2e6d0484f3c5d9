import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Download, ScrollText } from "lucide-react";
import { useState } from "react";
import { type AuditFilter, auditQuery, exportUrl } from "@/api/audit";
import type { AuditEntry } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { PageBody, PageHeader } from "@/components/page";
import { Button, buttonVariants } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { cn } from "@/lib/cn";
import { clock, day, exact, zone } from "@/lib/time";
import { whoActed } from "@/lib/words";
import { AuditDetail } from "./audit-detail";
import { AuditSeal } from "./audit-seal";
import { AuditFilters } from "./audit-filters";

export function Audit() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/audit" });
  const filter: AuditFilter = useSearch({ from: "/shell/orgs/$orgId/audit" });
  const navigate = useNavigate({ from: "/orgs/$orgId/audit" });
  const entries = useInfiniteQuery(auditQuery(orgId, filter));
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const all = entries.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <PageBody>
      <PageHeader
        title="Audit log"
        description="Who did what, when and from where. Nothing in it can be changed or removed."
        actions={
          <>
            <a href={exportUrl(orgId, filter, "csv")} download className={buttonVariants({ variant: "outline" })}>
              <Download />
              CSV
            </a>
            <a href={exportUrl(orgId, filter, "jsonl")} download className={buttonVariants({ variant: "outline" })}>
              <Download />
              JSON lines
            </a>
          </>
        }
      />
      <AuditSeal orgId={orgId} />
      <AuditFilters orgId={orgId} key={JSON.stringify(filter)} filter={filter} actions={[...new Set(all.map(({ action }) => action))].toSorted()} onChange={(next) => void navigate({ search: next, replace: true })} />
      <Card>
        {entries.isPending ? (
          <div className="grid gap-3 p-4">
            {Array.from({ length: 8 }, (_, index) => (
              <Skeleton key={index} className="h-8" />
            ))}
          </div>
        ) : entries.isError ? (
          <ErrorPanel error={entries.error} onRetry={() => void entries.refetch()} className="m-4" />
        ) : all.length === 0 ? (
          <Empty icon={<ScrollText />} title="No entry matches">
            Clear the filter to see everything that was done in this org.
          </Empty>
        ) : (
          <Entries all={all} onOpen={setOpen} />
        )}
        {entries.hasNextPage ? (
          <div className="border-t p-3 text-center">
            <Button variant="ghost" size="sm" busy={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
              Show older
            </Button>
          </div>
        ) : null}
      </Card>
      <AuditDetail
        entry={open}
        onClose={() => setOpen(null)}
        onFilter={(more) => {
          setOpen(null);
          void navigate({ search: { ...filter, ...more }, replace: true });
        }}
      />
    </PageBody>
  );
}

function Entries({ all, onOpen }: { all: AuditEntry[]; onOpen: (entry: AuditEntry) => void }) {
  return (
    <Table>
      <TableHeader>
        <TableRow>
          <TableHead className="max-sm:hidden">Time, {zone()}</TableHead>
          <TableHead>Action</TableHead>
          <TableHead>Actor</TableHead>
          <TableHead className="max-sm:hidden">Resource</TableHead>
          <TableHead className="max-lg:hidden">Address</TableHead>
        </TableRow>
      </TableHeader>
      <TableBody>
        {all.map((entry) => (
          <TableRow key={entry.position} className="relative hover:bg-muted/50">
            <TableCell className="text-muted-foreground tabular-nums max-sm:hidden">
              <time dateTime={entry.time} title={exact(entry.time)}>
                {day(entry.time)}, {clock(entry.time)}
              </time>
            </TableCell>
            <TableCell>
              <button type="button" className="font-mono text-[0.8125rem] after:absolute after:inset-0" onClick={() => onOpen(entry)}>
                {entry.action}
              </button>
              <span className="block truncate text-xs text-muted-foreground sm:hidden">
                {day(entry.time)}, {clock(entry.time)}
              </span>
              <span className="block max-w-44 truncate text-xs text-muted-foreground sm:hidden">{entry.resource.name ?? entry.resource.id}</span>
            </TableCell>
            <TableCell className={cn("max-w-48 truncate max-sm:max-w-28", entry.actor.kind === "system" && "text-muted-foreground")}>{whoActed(entry.actor)}</TableCell>
            <TableCell className="max-w-56 truncate max-sm:hidden">{entry.resource.name ?? entry.resource.id}</TableCell>
            <TableCell className="font-mono text-xs text-muted-foreground max-lg:hidden">{entry.address ?? ""}</TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
