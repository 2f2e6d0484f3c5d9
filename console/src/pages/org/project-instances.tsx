import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { instancesQuery } from "@/api/instances";
import { Loaded } from "@/components/loaded";
import { InstanceState } from "@/components/instance-state";
import { Skeleton } from "@/components/ui/skeleton";
import { mebibytes, plural } from "@/lib/amount";

/** The databases of a project in few words each, for the list of projects. */
export function ProjectInstances({ projectId }: { projectId: string }) {
  const instances = useQuery(instancesQuery(projectId));
  return (
    <Loaded
      query={instances}
      skeleton={
        <div className="flex h-13 items-center px-4">
          <Skeleton className="h-5 w-full" />
        </div>
      }
    >
      {(all) =>
        all.length === 0 ? (
          <p className="flex min-h-13 flex-wrap items-center gap-x-2 px-4 py-2 text-muted-foreground">
            No database yet.
            <Link to="/projects/$projectId/new" params={{ projectId }} className="font-medium text-accent underline-offset-4 hover:underline">
              Create one
            </Link>
          </p>
        ) : (
          <ul className="divide-y">
            {all.slice(0, 5).map((instance) => (
              <li key={instance.id}>
                <Link
                  to="/instances/$instanceId"
                  params={{ instanceId: instance.id }}
                  className="flex min-h-13 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 hover:bg-muted/60 focus-visible:-outline-offset-2"
                >
                  <span className="min-w-0 flex-1 basis-32 truncate font-medium">{instance.name}</span>
                  <span className="text-[0.8125rem] text-muted-foreground tabular-nums max-md:hidden">
                    {instance.plan} · {plural(instance.vcpus, "vCPU")} · {mebibytes(instance.memoryMiB)}
                  </span>
                  <span className="flex sm:min-w-23">
                    <InstanceState instance={instance} />
                  </span>
                </Link>
              </li>
            ))}
            {all.length > 5 ? (
              <li>
                <Link to="/projects/$projectId" params={{ projectId }} className="flex h-10 items-center px-4 text-[0.8125rem] text-accent hover:bg-muted/60">
                  {plural(all.length - 5, "more database")}
                </Link>
              </li>
            ) : null}
          </ul>
        )
      }
    </Loaded>
  );
}
