import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { quotaQuery } from "@/api/orgs";
import { projectQuotaQuery } from "@/api/projects";
import type { ProjectQuota, Quota } from "@/api/types";
import { ErrorPanel } from "@/components/error-panel";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Meter } from "@/components/ui/meter";
import { Skeleton } from "@/components/ui/skeleton";
import { usePlace } from "@/shell/place";
import { ProjectFrame } from "./frame";
import { ProjectLimits } from "./project-limits";
import { RESOURCES } from "./quota-check";

/** What a project uses, and how much of its org's quota it may take. */
export function ProjectUsage() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/usage" });
  const { orgId } = usePlace();
  const own = useQuery(projectQuotaQuery(projectId));
  const whole = useQuery({ ...quotaQuery(orgId ?? ""), enabled: orgId !== null });
  return (
    <ProjectFrame projectId={projectId}>
      <Card>
        <CardHeader>
          <CardTitle>Limits of this project</CardTitle>
          {own.data ? <ProjectLimits projectId={projectId} limits={own.data.limits} /> : null}
        </CardHeader>
        {own.isError && !own.data ? (
          <ErrorPanel error={own.error} onRetry={() => void own.refetch()} className="m-4" />
        ) : (
          <dl className="grid gap-px overflow-hidden bg-border sm:grid-cols-2 lg:grid-cols-4">
            {RESOURCES.map((resource) => (
              <Amount key={resource.key} resource={resource} own={own.data} whole={whole.data} />
            ))}
          </dl>
        )}
        <CardContent className="border-t text-[0.8125rem] text-muted-foreground text-pretty">
          Without a limit of its own a project takes what the org still has room for.{" "}
          {orgId ? (
            <Link to="/orgs/$orgId/usage" params={{ orgId }} className="text-accent underline underline-offset-4">
              Quota of the org
            </Link>
          ) : null}
        </CardContent>
      </Card>
    </ProjectFrame>
  );
}

interface AmountProps {
  resource: (typeof RESOURCES)[number];
  own: ProjectQuota | undefined;
  whole: Quota | undefined;
}

function Amount({ resource: { key, label, show }, own, whole }: AmountProps) {
  const limit = own?.limits[key] ?? null;
  const used = own?.used[key] ?? 0;
  const room = whole ? Math.max(0, whole.limits[key] - whole.used[key]) : null;
  return (
    <div className="grid content-start gap-2 bg-surface p-4">
      <dt className="text-xs text-muted-foreground">{label}</dt>
      <dd className="h-6 text-base font-semibold tabular-nums">
        {own ? (
          <>
            {show(used)} <span className="text-sm font-normal text-muted-foreground">{limit === null ? "in use, no limit" : `of ${show(limit)}`}</span>
          </>
        ) : (
          <Skeleton className="h-6 w-28" />
        )}
      </dd>
      <dd>
        {/* Without a limit of its own, the org's is what it can reach. */}
        <Meter label={`${label} used`} value={used} max={limit ?? used + (room ?? 0)} />
      </dd>
      <dd className="h-5 text-xs text-muted-foreground tabular-nums">{room === null ? "" : `${show(room)} left in the org`}</dd>
    </div>
  );
}
