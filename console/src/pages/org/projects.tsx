import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { FolderKanban, Plus } from "lucide-react";
import { useState } from "react";
import { projectsQuery } from "@/api/projects";
import type { Project } from "@/api/types";
import { ActivityList } from "@/activity/activity-list";
import { Allowed } from "@/components/allowed";
import { Loaded } from "@/components/loaded";
import { PageBody, PageHeader } from "@/components/page";
import { TimeAgo } from "@/components/time-ago";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Empty } from "@/components/ui/empty";
import { Skeleton } from "@/components/ui/skeleton";
import { usePlace, useRefusal } from "@/shell/place";
import { CreateProject } from "./create-project";
import { ProjectInstances } from "./project-instances";

export function Projects() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/" });
  const { org } = usePlace();
  const projects = useQuery(projectsQuery(orgId));
  const [creating, setCreating] = useState(false);
  const navigate = useNavigate();
  const refused = useRefusal("writeProject");
  const add = (
    <Allowed reason={refused} align="end">
      <Button onClick={() => setCreating(true)}>
        <Plus />
        New project
      </Button>
    </Allowed>
  );
  return (
    <PageBody>
      <PageHeader title="Projects" description={org ? <>The projects of <bdi>{org.name}</bdi> and their databases.</> : <Skeleton className="h-5 w-56" />} actions={add} />
      <div className="grid grid-cols-1 gap-6 xl:grid-cols-[minmax(0,1fr)_20rem]">
        <Loaded query={projects} skeleton={<ProjectsSkeleton />}>
          {(all) =>
            all.length === 0 ? (
              <Card className="self-start">
                <Empty icon={<FolderKanban />} title="Create your first project" action={add}>
                  A project groups the databases of one application. After that, a database is one form away and ready in seconds.
                </Empty>
              </Card>
            ) : (
              <ul className="grid content-start gap-4">
                {all.map((project) => (
                  <li key={project.id}>
                    <ProjectCard project={project} />
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
        <Card className="self-start">
          <CardHeader>
            <CardTitle>Latest activity</CardTitle>
            <Link to="/orgs/$orgId/activity" params={{ orgId }} className="py-0.75 text-[0.8125rem] text-accent hover:underline">
              All activity
            </Link>
          </CardHeader>
          <ActivityList orgId={orgId} limit={8} />
        </Card>
      </div>
      <CreateProject
        orgId={orgId}
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(projectId) => void navigate({ to: "/projects/$projectId", params: { projectId } })}
      />
    </PageBody>
  );
}

function ProjectCard({ project }: { project: Project }) {
  return (
    <Card>
      <CardHeader>
        <CardTitle className="min-w-0">
          <Link to="/projects/$projectId" params={{ projectId: project.id }} className="break-all hover:underline">
            {project.name}
          </Link>
        </CardTitle>
        <span className="text-xs text-muted-foreground">
          created <TimeAgo time={project.createdAt} />
        </span>
      </CardHeader>
      <ProjectInstances projectId={project.id} />
    </Card>
  );
}

function ProjectsSkeleton() {
  return (
    <div className="grid content-start gap-4">
      {[0, 1].map((index) => (
        <Card key={index}>
          <CardHeader>
            <Skeleton className="h-5 w-32" />
          </CardHeader>
          <div className="h-13" />
        </Card>
      ))}
    </div>
  );
}
