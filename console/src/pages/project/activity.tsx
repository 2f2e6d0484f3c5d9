import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { ActivityList } from "@/activity/activity-list";
import { Card } from "@/components/ui/card";
import { usePlace } from "@/shell/place";
import { ProjectFrame } from "./frame";

export function ProjectActivity() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/activity" });
  const { orgId } = usePlace();
  const filter = useMemo(() => ({ projectId }), [projectId]);
  return (
    <ProjectFrame projectId={projectId}>
      <Card>{orgId ? <ActivityList orgId={orgId} filter={filter} /> : null}</Card>
    </ProjectFrame>
  );
}
