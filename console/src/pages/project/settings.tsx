import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { instancesQuery } from "@/api/instances";
import { asProblem } from "@/api/problem";
import { deleteProject, projectQuery, renameProject } from "@/api/projects";
import { Allowed } from "@/components/allowed";
import { ConfirmByName } from "@/components/confirm-by-name";
import { DangerZone } from "@/components/danger-zone";
import { Loaded } from "@/components/loaded";
import { RenameCard } from "@/components/rename-card";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { plural } from "@/lib/amount";
import { NAME_RULE } from "@/lib/names";
import { useRefusal } from "@/shell/place";
import { ProjectFrame } from "./frame";

export function ProjectSettings() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/settings" });
  const project = useQuery(projectQuery(projectId));
  const instances = useQuery(instancesQuery(projectId));
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const refusedWrite = useRefusal("writeProject");
  const refusedDelete = useRefusal("deleteProject");
  const renaming = useMutation({
    mutationFn: (name: string) => renameProject(projectId, name),
    onSuccess: async (renamed) => {
      queries.setQueryData(projectQuery(projectId).queryKey, renamed);
      await queries.invalidateQueries({ queryKey: ["org", renamed.orgId, "projects"] });
      toast("Project renamed.");
    },
  });
  const left = instances.data?.length ?? 0;
  const blocked = refusedDelete ?? (left > 0 ? `It still has ${plural(left, "database")}. Delete those first.` : null);
  return (
    <ProjectFrame projectId={projectId}>
      <Loaded query={project} skeleton={<Skeleton className="h-48" />}>
        {(data) => (
          <div className="grid max-w-2xl gap-6">
            <RenameCard
              key={data.name}
              title="Name"
              name={data.name}
              hint={NAME_RULE}
              refused={refusedWrite}
              busy={renaming.isPending}
              problem={renaming.isError ? asProblem(renaming.error) : null}
              onRename={renaming.mutate}
            />
            <DangerZone title="Delete this project" text="Only an empty project can be deleted. Its history stays in the audit log.">
              <Allowed reason={blocked} align="end">
                <Button variant="danger-outline" onClick={() => setDeleting(true)}>
                  Delete project
                </Button>
              </Allowed>
            </DangerZone>
            <ConfirmByName
              open={deleting}
              onClose={() => setDeleting(false)}
              title={`Delete ${data.name}?`}
              name={data.name}
              confirm="Delete project"
              run={() => deleteProject(projectId)}
              onDone={() => {
                void queries.invalidateQueries({ queryKey: ["org", data.orgId, "projects"] });
                toast("Project deleted.");
                void navigate({ to: "/orgs/$orgId", params: { orgId: data.orgId } });
              }}
            >
              <p>The project goes for good. It has no database, so no data is lost.</p>
            </ConfirmByName>
          </div>
        )}
      </Loaded>
    </ProjectFrame>
  );
}
