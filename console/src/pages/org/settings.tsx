import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { deleteOrg, orgQuery, renameOrg } from "@/api/orgs";
import { asProblem } from "@/api/problem";
import { projectsQuery } from "@/api/projects";
import { Allowed } from "@/components/allowed";
import { ConfirmByName } from "@/components/confirm-by-name";
import { DangerZone } from "@/components/danger-zone";
import { Loaded } from "@/components/loaded";
import { PageBody, PageHeader } from "@/components/page";
import { RenameCard } from "@/components/rename-card";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { toast } from "@/components/ui/toaster";
import { plural } from "@/lib/amount";
import { remember } from "@/lib/storage";
import { useRefusal } from "@/shell/place";

export function OrgSettings() {
  const { orgId } = useParams({ from: "/shell/orgs/$orgId/settings" });
  const org = useQuery(orgQuery(orgId));
  const projects = useQuery(projectsQuery(orgId));
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const refusedRename = useRefusal("renameOrg");
  const refusedDelete = useRefusal("deleteOrg");
  const renaming = useMutation({
    mutationFn: (name: string) => renameOrg(orgId, name),
    onSuccess: async (renamed) => {
      queries.setQueryData(orgQuery(orgId).queryKey, renamed);
      await queries.invalidateQueries({ queryKey: ["orgs"] });
      toast("Org renamed.");
    },
  });
  const left = projects.data?.length ?? 0;
  const blocked = refusedDelete ?? (left > 0 ? `It still has ${plural(left, "project")}. Delete those first.` : null);
  return (
    <PageBody>
      <PageHeader title="Settings" description="The name of this org, and its end." />
      <Loaded query={org} skeleton={<Skeleton className="h-48 max-w-2xl" />}>
        {(data) => (
          <div className="grid max-w-2xl gap-6">
            <RenameCard
              key={data.name}
              title="Name"
              name={data.name}
              hint="As people see it; 1 to 80 characters."
              refused={refusedRename}
              busy={renaming.isPending}
              problem={renaming.isError ? asProblem(renaming.error) : null}
              onRename={renaming.mutate}
            />
            <DangerZone title="Delete this org" text="Only an org without projects can be deleted. Nobody can reach it afterwards, and its keys stop working.">
              <Allowed reason={blocked} align="end">
                <Button variant="danger-outline" onClick={() => setDeleting(true)}>
                  Delete org
                </Button>
              </Allowed>
            </DangerZone>
            <ConfirmByName
              open={deleting}
              onClose={() => setDeleting(false)}
              title={`Delete ${data.name}?`}
              name={data.name}
              confirm="Delete org"
              run={() => deleteOrg(orgId)}
              onDone={() => {
                remember("org", null);
                toast("Org deleted.");
                void queries.invalidateQueries({ queryKey: ["orgs"] }).then(() => navigate({ to: "/" }));
              }}
            >
              <p>Members, invitations and API keys of the org go for good. It has no database, so no data is lost.</p>
            </ConfirmByName>
          </div>
        )}
      </Loaded>
    </PageBody>
  );
}
