import { useQuery } from "@tanstack/react-query";
import { quotaQuery } from "@/api/orgs";
import type { Plan, ProjectQuota, Quota } from "@/api/types";
import { Meter } from "@/components/ui/meter";
import { Skeleton } from "@/components/ui/skeleton";
import { count, mebibytes } from "@/lib/amount";
import { cn } from "@/lib/cn";

type Resource = keyof Quota["limits"];

export const RESOURCES: ReadonlyArray<{ key: Resource; label: string; show: (amount: number) => string }> = [
  { key: "instances", label: "Databases", show: count },
  { key: "vcpus", label: "vCPUs", show: count },
  { key: "memoryMiB", label: "Memory", show: mebibytes },
  { key: "diskGiB", label: "Disk", show: (amount) => mebibytes(amount * 1024) },
];

/** What a database of this size takes from the org's quota. */
export const taken = (plan: Plan, diskGiB: number): Record<Resource, number> => ({
  instances: 1,
  vcpus: plan.vcpus,
  memoryMiB: plan.memoryMiB,
  diskGiB,
});

const SHORT_OF: Record<Resource, string> = { instances: "databases", vcpus: "vCPU", memoryMiB: "of memory", diskGiB: "of disk" };

/** The first resource that would not suffice, in words; of a project, only what it limits can be short. */
export function shortage(quota: Quota | ProjectQuota | undefined, added: Record<Resource, number>, whose: "org" | "project"): string | null {
  if (!quota) return null;
  const limit = (key: Resource) => quota.limits[key] ?? Number.POSITIVE_INFINITY;
  const short = RESOURCES.find(({ key }) => quota.used[key] + added[key] > limit(key));
  if (!short) return null;
  const free = Math.max(0, limit(short.key) - quota.used[short.key]);
  return `The ${whose}'s quota does not suffice: ${short.key === "instances" ? "one database" : `${short.show(added[short.key])} ${SHORT_OF[short.key]}`} needed, ${short.show(free)} free.`;
}

export function QuotaCheck({ orgId, added }: { orgId: string; added: Record<Resource, number> }) {
  const quota = useQuery(quotaQuery(orgId));
  return (
    <dl className="grid gap-3">
      {RESOURCES.map(({ key, label, show }) => {
        const [used, limit] = [quota.data?.used[key] ?? 0, quota.data?.limits[key] ?? 0];
        const over = quota.data !== undefined && used + added[key] > limit;
        return (
          <div key={key} className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-2 gap-y-1.5 text-[0.8125rem]">
            <dt>{label}</dt>
            <dd className={cn("text-right text-muted-foreground tabular-nums", over && "font-medium text-bad")}>
              {quota.data ? (
                <>
                  {show(used)} <span className="text-accent">+ {show(added[key])}</span> of {show(limit)}
                </>
              ) : (
                <Skeleton className="ml-auto h-4 w-24" />
              )}
            </dd>
            <dd className="col-span-full">
              <Meter label={`${label} used`} value={used} added={added[key]} max={limit} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
