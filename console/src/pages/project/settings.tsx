import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { instancesQuery } from "@/api/instances";
import { deleteProject, projectQuery, renameProject } from "@/api/projects";
import { Loaded } from "@/components/loaded";
import { NameAndEnd } from "@/components/name-and-end";
import { Skeleton } from "@/components/ui/skeleton";
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
  const renameRefused = useRefusal("writeProject");
  const deleteRefused = useRefusal("deleteProject");
  const left = instances.data?.length ?? 0;
  return (
    <ProjectFrame projectId={projectId}>
      <Loaded query={project} skeleton={<Skeleton className="h-35.5" />}>
        {(data) => (
          <NameAndEnd
            kind="project"
            name={data.name}
            nameRule={NAME_RULE}
            renameRefused={renameRefused}
            rename={async (name) => {
              queries.setQueryData(projectQuery(projectId).queryKey, await renameProject(projectId, name));
              await queries.invalidateQueries({ queryKey: ["org", data.orgId, "projects"] });
            }}
            deleteRefused={deleteRefused ?? (left > 0 ? `It still has ${plural(left, "database")}. Delete those first.` : null)}
            terms="Only an empty project can be deleted. Its history stays in the audit log."
            loss="The project goes for good. It has no database, so no data is lost."
            remove={() => deleteProject(projectId)}
            onRemoved={() => {
              void queries.invalidateQueries({ queryKey: ["org", data.orgId, "projects"] });
              void navigate({ to: "/orgs/$orgId", params: { orgId: data.orgId } });
            }}
          />
        )}
      </Loaded>
    </ProjectFrame>
  );
}
