import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Gauge } from "lucide-react";
import { useMemo } from "react";
import { quotaQuery } from "@/api/orgs";
import type { Usage } from "@/api/types";
import { usageQuery } from "@/api/usage";
import { Loaded } from "@/components/loaded";
import { PageBody, PageHeader } from "@/components/page";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Meter } from "@/components/ui/meter";
import { Skeleton } from "@/components/ui/skeleton";
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { hours } from "@/lib/amount";
import { day } from "@/lib/time";
import { RESOURCES } from "@/pages/project/quota-check";
import { QuotaEditor } from "./quota-editor";

/** The current month in UTC, as invoices count. */
function thisMonth(): { from: string; to: string } {
  const now = new Date();
  const at = (month: number) => new Date(Date.UTC(now.getUTCFullYear(), month, 1)).toISOString();
  return { from: at(now.getUTCMonth()), to: at(now.getUTCMonth() + 1) };
}

export function UsagePage() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/usage" });
  const { from, to } = useMemo(() => thisMonth(), []);
  const quota = useQuery(quotaQuery(orgId));
  const usage = useQuery(usageQuery(orgId, from, to));
  return (
    <PageBody>
      <PageHeader title="Usage" description="What this org may use at once, and what it has used this month." />
      <Card>
        <CardHeader>
          <CardTitle>Quota</CardTitle>
          {quota.data ? <QuotaEditor orgId={orgId} quota={quota.data} /> : null}
        </CardHeader>
        <dl className="grid gap-px overflow-hidden rounded-b-lg bg-border sm:grid-cols-2 lg:grid-cols-4">
          {RESOURCES.map(({ key, label, show }) => (
            <div key={key} className="grid gap-2 bg-surface p-4">
              <dt className="text-xs text-muted-foreground">{label}</dt>
              <dd className="h-6 text-base font-semibold tabular-nums">
                {quota.data ? (
                  <>
                    {show(quota.data.used[key])} <span className="text-sm font-normal text-muted-foreground">of {show(quota.data.limits[key])}</span>
                  </>
                ) : (
                  <Skeleton className="h-6 w-28" />
                )}
              </dd>
              <dd>
                <Meter label={`${label} used`} value={quota.data?.used[key] ?? 0} max={quota.data?.limits[key] ?? 0} />
              </dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card>
        <CardHeader>
          <CardTitle>Running time since {day(from)}</CardTitle>
        </CardHeader>
        <Loaded query={usage} skeleton={<Skeleton className="m-4 h-32" />}>
          {(data) => <Hours usage={data} />}
        </Loaded>
      </Card>
    </PageBody>
  );
}

function Hours({ usage }: { usage: Usage }) {
  if (usage.instances.length === 0) {
    return (
      <Empty icon={<Gauge />} title="Nothing used this month">
        Time counts from the moment that a database is ready until it is deleted.
      </Empty>
    );
  }
  return (
    <Table>
      <TableHeader>
        <TableRow>
          <TableHead>Database</TableHead>
          <TableHead>Plan</TableHead>
          <TableHead className="text-right">Time</TableHead>
        </TableRow>
      </TableHeader>
      <TableBody>
        {usage.instances.map((one) => (
          <TableRow key={`${one.instanceId} ${one.plan}`}>
            <TableCell className="font-medium">
              <Link to="/instances/$instanceId" params={{ instanceId: one.instanceId }} className="hover:underline">
                {one.name}
              </Link>
            </TableCell>
            <TableCell>{one.plan}</TableCell>
            <TableCell className="text-right tabular-nums">{hours(one.hours)}</TableCell>
          </TableRow>
        ))}
        {usage.plans.map((one) => (
          <TableRow key={one.plan} className="bg-muted/40 text-muted-foreground">
            <TableCell colSpan={2}>All {one.plan} databases</TableCell>
            <TableCell className="text-right tabular-nums">{hours(one.instanceHours)}</TableCell>
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
}
