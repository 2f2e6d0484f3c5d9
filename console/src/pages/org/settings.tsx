import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { deleteOrg, orgQuery, renameOrg } from "@/api/orgs";
import { projectsQuery } from "@/api/projects";
import { Loaded } from "@/components/loaded";
import { NameAndEnd } from "@/components/name-and-end";
import { PageBody, PageHeader } from "@/components/page";
import { Skeleton } from "@/components/ui/skeleton";
import { plural } from "@/lib/amount";
import { remember } from "@/lib/storage";
import { useRefusal } from "@/shell/place";

export function OrgSettings() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/settings" });
  const org = useQuery(orgQuery(orgId));
  const projects = useQuery(projectsQuery(orgId));
  const queries = useQueryClient();
  const navigate = useNavigate();
  const renameRefused = useRefusal("renameOrg");
  const deleteRefused = useRefusal("deleteOrg");
  const left = projects.data?.length ?? 0;
  return (
    <PageBody>
      <PageHeader title="Settings" description="The name of this org, and its end." />
      <Loaded query={org} skeleton={<Skeleton className="h-35.5" />}>
        {(data) => (
          <NameAndEnd
            kind="org"
            name={data.name}
            nameRule="As people see it; 1 to 80 characters."
            renameRefused={renameRefused}
            rename={async (name) => {
              queries.setQueryData(orgQuery(orgId).queryKey, await renameOrg(orgId, name));
              await queries.invalidateQueries({ queryKey: ["orgs"] });
            }}
            deleteRefused={deleteRefused ?? (left > 0 ? `It still has ${plural(left, "project")}. Delete those first.` : null)}
            terms="Only an org without projects can be deleted. Nobody can reach it afterwards, and its keys stop working."
            loss="Members, invitations and API keys of the org go for good. It has no database, so no data is lost."
            remove={() => deleteOrg(orgId)}
            onRemoved={() => {
              remember("org", null);
              void queries.invalidateQueries({ queryKey: ["orgs"] }).then(() => navigate({ to: "/" }));
            }}
          />
        )}
      </Loaded>
    </PageBody>
  );
}
