import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { instancesQuery, plansQuery } from "@/api/instances";
import { projectQuery } from "@/api/projects";
import { ErrorPanel } from "@/components/error-panel";
import { PageBody, PageHeader } from "@/components/page";
import { Skeleton } from "@/components/ui/skeleton";
import { CreateForm } from "./create-form";

export function CreateInstance() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/new" });
  const project = useQuery(projectQuery(projectId));
  const catalogue = useQuery(plansQuery);
  const instances = useQuery(instancesQuery(projectId));
  const failed = [project, catalogue, instances].find((query) => query.isError && query.data === undefined);
  const ready = project.data && catalogue.data && instances.data;
  return (
    <PageBody>
      <PageHeader title="New database" description="A Postgres server of its own in a container of its own. Ready a few seconds after you ask." />
      {failed ? <ErrorPanel error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {ready ? (
        <CreateForm project={project.data} catalogue={catalogue.data} taken={new Set(instances.data.map((instance) => instance.name))} />
      ) : failed ? null : (
        <div className="grid grid-cols-1 gap-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
          <Skeleton className="h-150" />
          <Skeleton className="h-80" />
        </div>
      )}
    </PageBody>
  );
}
