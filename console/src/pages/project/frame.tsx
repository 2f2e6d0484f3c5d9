import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { projectQuery } from "@/api/projects";
import { Allowed } from "@/components/allowed";
import { ErrorPanel } from "@/components/error-panel";
import { PageBody, PageHeader } from "@/components/page";
import { Button, buttonVariants } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { TabLink, TabLinks } from "@/components/ui/tabs";
import { useRefusal } from "@/shell/place";

/** What the pages of a project have in common. */
export function ProjectFrame({ projectId, children }: { projectId: string; children: ReactNode }) {
  const project = useQuery(projectQuery(projectId));
  const refused = useRefusal("writeInstance");
  const params = { projectId };
  if (project.isError && !project.data) {
    return (
      <PageBody>
        <PageHeader title="Project" />
        <ErrorPanel error={project.error} onRetry={() => void project.refetch()} />
      </PageBody>
    );
  }
  return (
    <PageBody>
      <div className="grid gap-3">
        <PageHeader
          title={project.data?.name ?? "Project"}
          heading={project.data?.name ?? <Skeleton className="my-1 h-5 w-40" />}
          actions={
            refused ? (
              <Allowed reason={refused} align="end">
                <Button>
                  <Plus />
                  New database
                </Button>
              </Allowed>
            ) : (
              <Link to="/projects/$projectId/new" params={params} className={buttonVariants()}>
                <Plus />
                New database
              </Link>
            )
          }
        />
        <TabLinks label="Project">
          <TabLink to="/projects/$projectId" params={params} exact>
            Databases
          </TabLink>
          <TabLink to="/projects/$projectId/activity" params={params}>
            Activity
          </TabLink>
          <TabLink to="/projects/$projectId/usage" params={params}>
            Usage
          </TabLink>
          <TabLink to="/projects/$projectId/settings" params={params}>
            Settings
          </TabLink>
        </TabLinks>
      </div>
      {children}
    </PageBody>
  );
}
